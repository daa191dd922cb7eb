import { lazy, Suspense, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Link, Redirect, Route, Router, Switch, useLocation } from "wouter";
import { usePath } from "./address.ts";
import type { Connection, ConnectionState } from "./api/connection.ts";
import { MeContext } from "./api/me.ts";
import { rightsOf } from "./api/rights.ts";
import { CrashNotice } from "./components/crash-notice.tsx";
import { ProblemNotice } from "./components/problem-notice.tsx";
import type { TokenFieldsFragment } from "./generated/documents.ts";
import { PLATFORMS } from "./labels.ts";
import { SessionsPage } from "./pages/sessions.tsx";
import { SignInAgain, SignInForm } from "./sign-in.tsx";

// Loaded on the first visit, so that the first page is quick.
const SessionPage = lazy(() => import("./pages/session.tsx"));

/** The pages beside the sessions, and the right that each needs. */
const PAGES = [
  ["/tokens", "Tokens", "readLedger", lazy(() => import("./pages/tokens.tsx"))],
  ["/inspect", "Inspect", "inspectTokens", lazy(() => import("./pages/inspect.tsx"))],
  ["/bans", "Bans", "manageBans", lazy(() => import("./pages/bans.tsx"))],
  ["/keys", "API keys", "manageKeys", lazy(() => import("./pages/keys.tsx"))],
] as const;

/** The root component of the console. */
export function App({ connection }: { connection: Connection }) {
  const state = useSyncExternalStore(connection.subscribe, () => connection.state);

  useEffect(() => {
    void connection.open();
  }, [connection]);

  if (state.status === "ready") {
    // A new key for each user, so that a user sees nothing of the previous user.
    return <Shell key={state.visit} connection={connection} state={state} />;
  }
  return (
    <main className="alone">
      <title>{`${WAITING[state.status]} · Stagepass`}</title>
      <h1 className="brand">Stagepass</h1>
      {state.status === "connecting" && <p role="status">Connecting…</p>}
      {state.status === "unreachable" && (
        <ProblemNotice
          problem={{ ...state.problem, retryable: true }}
          onRetry={() => void connection.open()}
        />
      )}
      {state.status === "signed out" && (
        <section className="card" aria-label="Sign in">
          <p>Sign in to use this server.</p>
          <SignInForm connection={connection} />
        </section>
      )}
    </main>
  );
}

/** The titles of the page before there is a user. */
const WAITING = { connecting: "Connecting", unreachable: "No answer", "signed out": "Sign in" } as const;

/** The URL of Apollo Sandbox; undefined if the server does not offer it. */
const SANDBOX = document.querySelector<HTMLLinkElement>("link[rel=service-doc]")?.href;

interface ShellProps {
  readonly connection: Connection;
  readonly state: Extract<ConnectionState, { status: "ready" }>;
}

/** The frame around every page, after sign-in. */
function Shell({ connection, state }: ShellProps) {
  const { me, signedIn, refusal } = state;
  const [tokens, setTokens] = useState<readonly TokenFieldsFragment[]>([]);
  const [drafts] = useState(() => new Map<string, unknown>());
  const [location] = usePath();
  useArrival(location);
  const shared = useMemo(
    () => ({
      project: me.videoProject,
      rights: rightsOf(me.videoCaller),
      live: connection.live,
      tokens,
      keepTokens: (more: readonly TokenFieldsFragment[]) => setTokens((kept) => [...more, ...kept]),
      drafts,
      welcome: refusal === null,
    }),
    [connection, me, tokens, drafts, refusal],
  );
  const pages = PAGES.filter(([, , right]) => shared.rights[right]);
  const { platform, applicationId } = me.videoProject;
  return (
    <MeContext value={shared}>
      <Router hook={usePath}>
        <button type="button" className="skip" onClick={() => focusMain()}>
          Skip to content
        </button>
        <header>
          <Link href="/" className="brand">
            Stagepass
          </Link>
          <nav aria-label="Pages">
            <Tab href="/">Sessions</Tab>
            {pages.map(([path, name]) => (
              <Tab key={path} href={path}>
                {name}
              </Tab>
            ))}
            {SANDBOX && <a href={SANDBOX}>Apollo Sandbox</a>}
          </nav>
          <span className="who">
            <span title={applicationId}>
              {platform === "LOCAL" ? (
                <>
                  <strong className="local">LOCAL</strong> Its tokens do not join real calls.
                </>
              ) : (
                PLATFORMS[platform]
              )}
            </span>
            {signedIn && (
              <>
                <span>{me.videoCaller.subject}</span>
                <button type="button" className="quiet" onClick={() => void connection.signOut()}>
                  Sign out
                </button>
              </>
            )}
          </span>
        </header>
        <main id="main" tabIndex={-1}>
          <CrashNotice key={location}>
            <Suspense fallback={<p role="status">Loading…</p>}>
              <Switch>
                <Route path="/">
                  <SessionsPage />
                </Route>
                <Route path="/sessions/:sessionId">
                  {({ sessionId }) => <SessionPage key={sessionId} sessionId={sessionId} />}
                </Route>
                {pages.map(([path, , , Page]) => (
                  <Route key={path} path={path}>
                    <Page />
                  </Route>
                ))}
                <Redirect to="/" replace />
              </Switch>
            </Suspense>
          </CrashNotice>
        </main>
        {refusal !== null && (
          <SignInAgain
            connection={connection}
            refusal={signedIn ? refusal : "The server now requires authentication."}
          />
        )}
      </Router>
    </MeContext>
  );
}

function focusMain(): void {
  document.getElementById("main")?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** Moves the focus to the start of a new page, so that screen readers announce it. */
function useArrival(location: string): void {
  const arrived = useRef(location);
  useEffect(() => {
    if (arrived.current === location) return;
    arrived.current = location;
    focusMain();
  }, [location]);
}

function Tab({ href, children }: { href: string; children: string }) {
  const [location] = useLocation();
  return (
    <Link href={href} aria-current={location === href ? "page" : undefined}>
      {children}
    </Link>
  );
}
