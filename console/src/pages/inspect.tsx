import { useLazyQuery } from "@apollo/client/react";
import type { FormEvent } from "react";
import { Link } from "wouter";
import { useMe } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { errorAt, Field } from "../components/field.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { ProblemNotice } from "../components/problem-notice.tsx";
import { RoleBadge } from "../components/role-badge.tsx";
import { SubmitButton } from "../components/submit-button.tsx";
import { InspectTokenDocument, type InspectTokenQuery, type TokenStatus } from "../generated/documents.ts";
import { TOKEN_FORMATS } from "../labels.ts";
import { formatInstant, formatRemaining, useNow } from "../time.ts";

/** Where one pastes a token, and sees what it grants, and whether it is valid. */
export function InspectPage() {
  const { inspected, inspect } = useMe();
  const [inspectToken, { data, error, loading, variables }] = useLazyQuery(InspectTokenDocument, {
    // A token that was pasted is nobody else's business.
    fetchPolicy: "no-cache",
  });
  const problem = error ? problemOf(error) : null;
  const token = inspected.trim();
  // What is said must be about what is entered.
  const inspection = variables?.token === token ? data?.inspectToken : undefined;

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    // What goes wrong is in `error`.
    inspectToken({ variables: { token } }).catch(() => {});
  };

  return (
    <>
      <PageHeading>Inspect a token</PageHeading>
      <div className="columns">
        <section className="card" aria-label="The token">
          <form onSubmit={submit} noValidate>
            <Field
              name="token"
              label="Token"
              hint="It goes to this server alone, and is not kept."
              error={errorAt(problem, "token")}
            >
              {(control) => (
                <textarea
                  {...control}
                  rows={6}
                  className="token"
                  value={inspected}
                  placeholder="eyJ… or T1==…"
                  autoComplete="off"
                  spellCheck={false}
                  onChange={({ target }) => inspect(target.value)}
                />
              )}
            </Field>
            <SubmitButton busy={loading} disabled={token === ""}>
              Inspect
            </SubmitButton>
          </form>
          {problem && problem.argument !== "token" && <ProblemNotice problem={problem} onRetry={submit} />}
        </section>
        <section className="card" aria-label="What it grants">
          <div role="status">
            {inspection ? (
              <Verdict inspection={inspection} />
            ) : (
              <p className="hint">What it grants is shown here, and whether a client can connect with it.</p>
            )}
          </div>
          {inspection && inspection.status !== "INVALID" && <Grant inspection={inspection} />}
        </section>
      </div>
    </>
  );
}

const VERDICTS: Readonly<Record<TokenStatus, readonly [tone: string, words: string]>> = {
  ACTIVE: ["good", "Valid: a client can connect with it now"],
  EXPIRED: ["worn", "Genuine, and expired"],
  INVALID: ["bad", "Not valid"],
};

type Inspection = InspectTokenQuery["inspectToken"];

function Verdict({ inspection: { status, reason } }: { inspection: Inspection }) {
  const [tone, verdict] = VERDICTS[status];
  return (
    <p className={`notice ${tone}`}>
      <strong>{verdict}</strong>
      {reason !== null && <>: {reason}</>}
    </p>
  );
}

function Grant({ inspection }: { inspection: Inspection }) {
  const { status, role, sessionId, data, format, createdAt, expiresAt } = inspection;
  return (
    <dl>
      {role && (
        <div>
          <dt>Role</dt>
          <dd>
            <RoleBadge role={role} />
          </dd>
        </div>
      )}
      {expiresAt && (
        <div>
          <dt>Expires</dt>
          <dd>
            <time dateTime={expiresAt}>{formatInstant(expiresAt)}</time>
            {status === "ACTIVE" && <Remaining until={expiresAt} />}
          </dd>
        </div>
      )}
      {createdAt && (
        <div>
          <dt>Created</dt>
          <dd>
            <time dateTime={createdAt}>{formatInstant(createdAt)}</time>
          </dd>
        </div>
      )}
      {data !== null && (
        <div>
          <dt>Connection data</dt>
          <dd className="data">{data}</dd>
        </div>
      )}
      {inspection.initialLayoutClassList && inspection.initialLayoutClassList.length > 0 && (
        <div>
          <dt>Layout classes</dt>
          <dd>{inspection.initialLayoutClassList.join(" ")}</dd>
        </div>
      )}
      {format && (
        <div>
          <dt>Format</dt>
          <dd>{TOKEN_FORMATS[format]}</dd>
        </div>
      )}
      {sessionId && (
        <div>
          <dt>Session</dt>
          <dd>
            <Link href={`/sessions/${sessionId}`}>
              <code className="token">{sessionId}</code>
            </Link>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Remaining({ until }: { until: string }) {
  const left = Math.floor(new Date(until).getTime() / 1000) - useNow();
  return <span className="hint"> {left > 0 ? `in ${formatRemaining(left)}` : "by now"}</span>;
}
