import { useQuery } from "@apollo/client/react";
import type { FormEvent } from "react";
import { Link, useLocation } from "wouter";
import { useDraft, useMe, usePolling } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import type { Rights } from "../api/rights.ts";
import { Field } from "../components/field.tsx";
import { IssuanceChart } from "../components/issuance-chart.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { formatTotal, Pager, Total, usePages } from "../components/pager.tsx";
import { ProblemNotice } from "../components/problem-notice.tsx";
import { SessionForm } from "../components/session-form.tsx";
import { type SessionFieldsFragment, SessionsDocument } from "../generated/documents.ts";
import { sessionPath } from "../paths.ts";
import { formatInstant } from "../time.ts";

/** The page that creates and lists sessions. */
export function SessionsPage() {
  const { rights, keepTokens } = useMe();
  const [, navigate] = useLocation();
  return (
    <>
      <PageHeading>Sessions</PageHeading>
      {!offersAnything(rights) && <p className="notice">Your credential grants no access to this page.</p>}
      <div className="columns">
        <div>
          {rights.createSession && (
            <section className="card" aria-labelledby="new-session">
              <h2 id="new-session">New session</h2>
              <SessionForm
                onDone={({ sessionId, generateToken }, isThere, refusal) => {
                  if (generateToken) keepTokens([generateToken]);
                  // Do not navigate if the user has left this page meanwhile.
                  if (isThere) navigate(sessionPath(sessionId), { state: refusal });
                }}
              />
            </section>
          )}
        </div>
        <div>
          {rights.readLedger && <IssuanceChart />}
          {rights.readSessions && <SessionList />}
          {(rights.readSessions || rights.createTokens) && (
            <section className="card" aria-labelledby="by-id">
              <h2 id="by-id">Open by ID</h2>
              <OpenById onOpen={(sessionId) => navigate(sessionPath(sessionId))} />
            </section>
          )}
        </div>
      </div>
    </>
  );
}

function offersAnything({ createSession, readSessions, createTokens, readLedger }: Rights): boolean {
  return createSession || readSessions || createTokens || readLedger;
}

/** The number of sessions per page. */
const PAGE_SIZE = 10;

function SessionList() {
  const { rights } = useMe();
  const pages = usePages();
  const { data, previousData, error, refetch } = useQuery(SessionsDocument, {
    variables: { first: PAGE_SIZE, after: pages.after, withTokens: rights.readLedger },
    fetchPolicy: "cache-and-network",
    // Show the list even if its count fails.
    errorPolicy: "all",
    ...usePolling(5000),
  });
  // The list still shows the previous page.
  const busy = !data && !error;
  const sessions = data?.sessions ?? previousData?.sessions;
  return (
    <section className="card" aria-labelledby="sessions">
      <h2 id="sessions">All sessions {sessions && <Total count={sessions.totalCount} />}</h2>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
      {!sessions && !error && <p role="status">Loading…</p>}
      {sessions?.totalCount === 0 && <p>No sessions yet.</p>}
      {sessions && (
        <>
          <ul className="list" aria-busy={busy}>
            {sessions.nodes.map((session) => (
              <li key={session.id}>
                <SessionItem session={session} tokens={session.issuedTokens?.totalCount} />
              </li>
            ))}
          </ul>
          <Pager pages={pages} pageInfo={sessions.pageInfo} busy={busy} of="sessions" />
        </>
      )}
    </section>
  );
}

function SessionItem({
  session,
  tokens,
}: {
  session: SessionFieldsFragment;
  tokens: number | null | undefined;
}) {
  return (
    <Link href={sessionPath(session.sessionId)} className="item">
      <span className="title">{session.name ?? <code>{session.sessionId}</code>}</span>
      <span className="meta">
        {session.createdAt && <time dateTime={session.createdAt}>{formatInstant(session.createdAt)}</time>}
        {session.mediaMode === "ROUTED" && <span>routed</span>}
        {session.archiveMode === "ALWAYS" && <span>archived</span>}
        {session.e2ee && <span>encrypted</span>}
        {typeof tokens === "number" && (
          <span>{tokens === 1 ? "1 token" : `${formatTotal(tokens)} tokens`}</span>
        )}
      </span>
    </Link>
  );
}

/** Opens a session that was created elsewhere in the project, or that the user may not list. */
function OpenById({ onOpen }: { onOpen: (sessionId: string) => void }) {
  const [entered, setEntered] = useDraft("session ID", "");
  const sessionId = entered.trim();
  // A token must not get into the page's URL.
  const isToken = /^(eyJ|T1==)/.test(sessionId);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (sessionId !== "" && !isToken) onOpen(sessionId);
  };
  return (
    <form onSubmit={submit}>
      <Field
        name="sessionId"
        label="Session ID"
        error={isToken ? "This is a token, not a session ID." : null}
      >
        {(control) => (
          <input
            {...control}
            value={entered}
            placeholder="1_MX4…"
            autoComplete="off"
            onChange={({ target }) => setEntered(target.value)}
          />
        )}
      </Field>
      <button type="submit">Open</button>
    </form>
  );
}
