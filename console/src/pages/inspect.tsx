import { useLazyQuery } from "@apollo/client/react";
import { type FormEvent, useEffect } from "react";
import { Link } from "wouter";
import { INSPECTED, useDraft, useMe } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { Detail } from "../components/detail.tsx";
import { Field } from "../components/field.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { ProblemNotice } from "../components/problem-notice.tsx";
import { RequestSnippets } from "../components/request-snippets.tsx";
import { RoleBadge } from "../components/role-badge.tsx";
import { SubmitButton } from "../components/submit-button.tsx";
import { InspectTokenDocument, type InspectTokenQuery, type TokenStatus } from "../generated/documents.ts";
import { TOKEN_FORMATS } from "../labels.ts";
import { sessionPath } from "../paths.ts";
import { formatInstant, formatRemaining, useSecondsLeft } from "../time.ts";
import { type Claims, claimsOf, isTimeClaim } from "../token-claims.ts";

/** The page that shows what a pasted token grants, and whether it is valid. */
export default function InspectPage() {
  const [entered, setEntered] = useDraft(INSPECTED, "");
  const [inspectToken, { data, error, loading, variables }] = useLazyQuery(InspectTokenDocument, {
    // A pasted token must stay out of the cache.
    fetchPolicy: "no-cache",
    // The grant can arrive even if the database fails to look up the session.
    errorPolicy: "all",
  });
  const token = entered.trim();
  // Show a result only for the token in the field.
  const isAnswered = variables?.token === token;
  const inspection = isAnswered ? data?.inspectToken : undefined;
  const problem = isAnswered && error ? problemOf(error) : null;

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    // `error` has the reason of a failure.
    inspectToken({ variables: { token } }).catch(() => {});
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: a token from another page is inspected once, on arrival
  useEffect(() => {
    if (token !== "") submit();
  }, []);

  const unverified = inspection?.status === "INVALID" ? claimsOf(token) : null;
  return (
    <>
      <PageHeading>Inspect a token</PageHeading>
      <div className="columns">
        <section className="card" aria-label="Token to inspect">
          <form onSubmit={submit} noValidate>
            <Field
              name="token"
              label="Token"
              hint="Sent only to this server, and not stored."
              error={problem?.argument === "token" ? problem.message : null}
            >
              {(control) => (
                <textarea
                  {...control}
                  rows={6}
                  className="token"
                  value={entered}
                  placeholder="eyJ… or T1==…"
                  autoComplete="off"
                  spellCheck={false}
                  onChange={({ target }) => setEntered(target.value)}
                />
              )}
            </Field>
            <SubmitButton busy={loading} disabled={token === ""}>
              Inspect
            </SubmitButton>
          </form>
          <RequestSnippets document={InspectTokenDocument} variables={() => ({ token })} />
          {problem && problem.argument !== "token" && <ProblemNotice problem={problem} onRetry={submit} />}
        </section>
        <section className="card" aria-label="Result">
          <div role="status">
            {inspection ? (
              <Verdict inspection={inspection} />
            ) : (
              <p className="hint">Shows what the token grants, and whether a client can connect with it.</p>
            )}
          </div>
          {inspection?.createdHere === false && (
            <p className="hint">
              Its session was not created here. The session ID is well-formed, but the session may not exist.
            </p>
          )}
          {inspection && inspection.status !== "INVALID" && <Grant inspection={inspection} />}
          {unverified && <UnverifiedClaims claims={unverified} />}
        </section>
      </div>
    </>
  );
}

type Inspection = NonNullable<InspectTokenQuery["inspectToken"]>;

const VERDICTS: Readonly<Record<TokenStatus, readonly [tone: string, words: string]>> = {
  ACTIVE: ["good", "Valid: a client can connect with it now"],
  EXPIRED: ["worn", "Genuine, but expired"],
  REVOKED: ["bad", "Genuine, but revoked"],
  INVALID: ["bad", "Not valid"],
};

/** The expiry of tokens that never expire. */
const NEVER = "9999-12-31T23:59:59Z";

function Verdict({ inspection: { status, reason, expiresAt } }: { inspection: Inspection }) {
  const { project } = useMe();
  const isOver = useSecondsLeft(expiresAt ?? NEVER) === 0;
  const shown = status === "ACTIVE" && isOver ? "EXPIRED" : status;
  const [tone, verdict] = VERDICTS[shown];
  const isLocal = shown === "ACTIVE" && project.platform === "LOCAL";
  return (
    <p className={`notice ${isLocal ? "worn" : tone}`}>
      <strong>{isLocal ? "Valid on the local platform only: real calls do not accept it" : verdict}</strong>
      {reason !== null && <>: {reason}</>}
    </p>
  );
}

function Grant({ inspection }: { inspection: Inspection }) {
  const { role, sessionId, data, initialLayoutClassList, format, createdAt, expiresAt } = inspection;
  return (
    <dl>
      <Detail name="Role">{role && <RoleBadge role={role} />}</Detail>
      <Detail name="Expires">{expiresAt && <Expiry instant={expiresAt} />}</Detail>
      <Detail name="Created">
        {createdAt && <time dateTime={createdAt}>{formatInstant(createdAt)}</time>}
      </Detail>
      <Detail name="Connection data">{data}</Detail>
      <Detail name="Layout classes">{initialLayoutClassList?.join(" ")}</Detail>
      <Detail name="Format">{format && TOKEN_FORMATS[format]}</Detail>
      <Detail name="Session">
        {sessionId && (
          <Link href={sessionPath(sessionId)}>
            <code className="token">{sessionId}</code>
          </Link>
        )}
      </Detail>
    </dl>
  );
}

/** What an invalid token says, which anyone may have written. */
function UnverifiedClaims({ claims }: { claims: Claims }) {
  return (
    <section aria-labelledby="claims" className="unverified">
      <h2 id="claims">Claims, not verified</h2>
      <p className="hint">Anyone can write these. Do not trust them.</p>
      <dl>
        {claims.map(([name, value]) => (
          <Detail key={`${name} ${value}`} name={name}>
            <span className="token">{typeof value === "string" ? value : JSON.stringify(value)}</span>
            {isTimeClaim(name, value) && (
              <span className="hint"> {formatInstant(new Date(Number(value) * 1000).toISOString())}</span>
            )}
          </Detail>
        ))}
      </dl>
    </section>
  );
}

function Expiry({ instant }: { instant: string }) {
  const left = useSecondsLeft(instant);
  return (
    <>
      <time dateTime={instant}>{formatInstant(instant)}</time>
      {left > 0 && <span className="hint"> in {formatRemaining(left)}</span>}
    </>
  );
}
