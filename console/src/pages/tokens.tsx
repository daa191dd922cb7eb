import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Link } from "wouter";
import { usePagesInAddress, useParameters } from "../address.ts";
import { useMe, usePolling } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { Choice, optionsOf } from "../components/choice.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Field } from "../components/field.tsx";
import { Modal } from "../components/modal.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { Pager, Total } from "../components/pager.tsx";
import { ProblemNotice } from "../components/problem-notice.tsx";
import { RoleBadge } from "../components/role-badge.tsx";
import { ShortId, shortened } from "../components/short-id.tsx";
import {
  type IssuedTokenFilter,
  RevokeTokenDocument,
  type Role,
  TokenLogDocument,
  type TokenLogQuery,
} from "../generated/documents.ts";
import { ROLES } from "../labels.ts";
import { sessionPath } from "../paths.ts";
import { isToken } from "../session-search.ts";
import { formatInstant, nowInSeconds } from "../time.ts";

/** The number of records per page. */
const PAGE_SIZE = 20;

/** The page of all issued tokens: who generated them, for whom, for which session, and when. */
export default function TokensPage() {
  const [parameters, setParameters] = useParameters();
  const filter = filterOf(parameters);
  const conditions = new URLSearchParams(parameters);
  conditions.delete("after");
  return (
    <>
      <PageHeading>Tokens</PageHeading>
      <section className="card" aria-label="Filter">
        {/* A new key for each filter, so that Back restores the entries. */}
        <FilterForm key={conditions.toString()} entered={parameters} onFilter={setParameters} />
      </section>
      <TokenLog filter={filter} />
    </>
  );
}

/** The filter in the page's address. It ignores values that no form wrote. */
function filterOf(parameters: URLSearchParams): IssuedTokenFilter {
  const role = parameters.get("role");
  return {
    id: parameters.get("id"),
    issuedTo: parameters.get("issuedTo"),
    sessionId: parameters.get("sessionId"),
    role: isRole(role) ? role : null,
    issuedAfter: instantOf(parameters.get("issuedAfter")),
    issuedBefore: instantOf(parameters.get("issuedBefore")),
  };
}

function isRole(text: string | null): text is Role {
  return text !== null && Object.hasOwn(ROLES, text);
}

/** A time as the API writes it; null for any other text. */
function instantOf(text: string | null): string | null {
  const date = new Date(text ?? "");
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** A time of the API in the format of `datetime-local`, which has the user's time zone. */
function localTimeOf(instant: string | null | undefined): string {
  if (!instant) return "";
  const date = new Date(instant);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

interface FilterFormProps {
  readonly entered: URLSearchParams;
  readonly onFilter: (parameters: URLSearchParams) => void;
}

function FilterForm({ entered, onFilter }: FilterFormProps) {
  const filter = filterOf(entered);
  const [role, setRole] = useState(filter.role ?? "");
  const [isPasted, setPasted] = useState(false);
  const submit = (form: FormData) => {
    const parameters = new URLSearchParams();
    const set = (name: string, value: string | null) => value && parameters.set(name, value);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    for (const name of ["id", "issuedTo", "sessionId"]) set(name, text(name));
    set("role", role);
    for (const name of ["issuedAfter", "issuedBefore"]) set(name, instantOf(text(name)));
    onFilter(parameters);
  };
  const texts = [
    ["id", "Token ID", "The token's jti, or its nonce in the format T1."],
    ["issuedTo", "Issued by", "The subject of a JWT, or the name of an API key."],
    ["sessionId", "Session ID", undefined],
  ] as const;
  const times = [
    ["issuedAfter", "From", undefined],
    ["issuedBefore", "Until", undefined],
  ] as const;
  return (
    <form
      aria-label="Filter tokens"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        // A token must not get into the page's address.
        const isPasted = isToken(String(form.get("id")).trim());
        setPasted(isPasted);
        if (!isPasted) submit(form);
      }}
    >
      <div className="fields">
        {texts.map(([name, label, hint]) => (
          <Field
            key={name}
            name={name}
            label={label}
            hint={hint}
            error={
              name === "id" && isPasted ? "This is a token, not its ID. Inspect it to see its claims." : null
            }
          >
            {(control) => (
              <input {...control} defaultValue={filter[name] ?? ""} autoComplete="off" spellCheck={false} />
            )}
          </Field>
        ))}
        <Field name="role" label="Role">
          {(control) => (
            <Choice
              {...control}
              value={role}
              options={[["", "Any"] as const, ...optionsOf(ROLES)]}
              onChoose={setRole}
            />
          )}
        </Field>
        {times.map(([name, label]) => (
          <Field key={name} name={name} label={label}>
            {(control) => (
              <input {...control} type="datetime-local" defaultValue={localTimeOf(filter[name])} />
            )}
          </Field>
        ))}
      </div>
      <div className="buttons">
        <button type="submit" className="main">
          Filter
        </button>
        {entered.size > 0 && (
          <button type="button" onClick={() => onFilter(new URLSearchParams())}>
            Show all
          </button>
        )}
      </div>
    </form>
  );
}

type Issued = NonNullable<TokenLogQuery["issuedTokens"]>["nodes"][number];

function TokenLog({ filter }: { filter: IssuedTokenFilter }) {
  const { rights } = useMe();
  const pages = usePagesInAddress();
  const [revoking, setRevoking] = useState<Issued | null>(null);
  const { data, previousData, error, refetch } = useQuery(TokenLogDocument, {
    variables: { first: PAGE_SIZE, after: pages.after, filter, withSessions: rights.readSessions },
    fetchPolicy: "cache-and-network",
    // Show the list even if its count fails.
    errorPolicy: "all",
    ...usePolling(5000),
  });
  // The list still shows the previous page.
  const busy = !data && !error;
  const issued = (data ?? previousData)?.issuedTokens;
  return (
    <section className="card" aria-labelledby="log">
      <h2 id="log">Issued tokens {issued && <Total count={issued.totalCount} />}</h2>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
      {!issued && !error && <p role="status">Loading…</p>}
      {issued?.nodes.length === 0 && (
        <p role="status">
          {issued.pageInfo.hasNextPage
            ? "None in this part of the log. The next pages may have some."
            : "No issued tokens match."}
        </p>
      )}
      {issued && issued.nodes.length > 0 && (
        <table className="log" aria-busy={busy}>
          <thead>
            <tr>
              <th scope="col">Issued by</th>
              <th scope="col">For</th>
              <th scope="col">Role</th>
              <th scope="col">Session</th>
              <th scope="col">Issued</th>
              <th scope="col">Expires</th>
              <th scope="col">Token ID</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {issued.nodes.map((token) => (
              <Row key={token.id} token={token} onRevoke={() => setRevoking(token)} />
            ))}
          </tbody>
        </table>
      )}
      {issued && <Pager pages={pages} pageInfo={issued.pageInfo} busy={busy} of="issued tokens" />}
      {revoking && <RevokeDialog token={revoking} onClose={() => setRevoking(null)} />}
    </section>
  );
}

function Row({ token, onRevoke }: { token: Issued; onRevoke: () => void }) {
  const { rights } = useMe();
  const { id, sessionId, session, role, issuedTo, identity, issuedAt, expiresAt, revokedAt } = token;
  const isOver = new Date(expiresAt).getTime() / 1000 <= nowInSeconds();
  return (
    <tr>
      <td data-label="Issued by">{issuedTo}</td>
      <td data-label="For">{identity}</td>
      <td data-label="Role">
        <RoleBadge role={role} />
      </td>
      <td data-label="Session">
        {rights.readSessions ? (
          <Link href={sessionPath(sessionId)}>{session?.name ?? <ShortId id={sessionId} />}</Link>
        ) : (
          <ShortId id={sessionId} />
        )}
      </td>
      <td data-label="Issued">
        <time dateTime={issuedAt}>{formatInstant(issuedAt)}</time>
      </td>
      <td data-label="Expires">
        <time dateTime={expiresAt}>{formatInstant(expiresAt)}</time>
      </td>
      <td data-label="Token ID">
        <ShortId id={id} /> <CopyButton text={id} of={`token ID ${shortened(id)}`} />
      </td>
      <td data-label="State">
        {revokedAt !== null ? (
          <>
            Revoked <time dateTime={revokedAt}>{formatInstant(revokedAt)}</time>
          </>
        ) : isOver ? (
          "Expired"
        ) : rights.manageBans ? (
          <button
            type="button"
            className="quiet"
            aria-label={`Revoke token ${shortened(id)}`}
            onClick={onRevoke}
          >
            Revoke
          </button>
        ) : (
          "Valid"
        )}
      </td>
    </tr>
  );
}

/** Asks before it revokes a token. */
function RevokeDialog({ token, onClose }: { token: Issued; onClose: () => void }) {
  const [revokeToken, { error, loading }] = useMutation(RevokeTokenDocument, {
    variables: { id: token.id },
    onCompleted: onClose,
    // `error` has the reason of a failure.
    onError: () => {},
  });
  return (
    <Modal title="Revoke this token?" onClose={onClose}>
      <p>
        Token <ShortId id={token.id} />
        {token.identity !== null && (
          <>
            {" "}
            for <strong>{token.identity}</strong>
          </>
        )}{" "}
        stops working for good. The server removes participants that join with it.
      </p>
      {error && <ProblemNotice problem={problemOf(error)} />}
      {/* aria-disabled, because a disabled button loses the focus. */}
      <button
        type="button"
        className="main"
        aria-disabled={loading}
        onClick={() => loading || void revokeToken()}
      >
        {loading ? "One moment…" : "Revoke"}
      </button>
    </Modal>
  );
}
