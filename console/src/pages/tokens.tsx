import { Link } from "wouter";
import { usePagesInAddress, useParameters } from "../address.ts";
import { useEntries, useMe } from "../api/me.ts";
import { ActDialog } from "../components/act-dialog.tsx";
import { Card } from "../components/card.tsx";
import { optionsOf } from "../components/choice.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Form } from "../components/form.tsx";
import { Instant } from "../components/instant.tsx";
import { Table, usePage } from "../components/list.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { RoleBadge } from "../components/role-badge.tsx";
import { ShortId, shortened } from "../components/short-id.tsx";
import { useDialogs } from "../components/use-dialogs.ts";
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
import { isOver, toInstant, toLocal } from "../time.ts";

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
function filterOf(parameters: URLSearchParams) {
  const role = parameters.get("role");
  return {
    id: parameters.get("id"),
    issuedTo: parameters.get("issuedTo"),
    sessionId: parameters.get("sessionId"),
    role: isRole(role) ? role : null,
    issuedAfter: toInstant(parameters.get("issuedAfter")),
    issuedBefore: toInstant(parameters.get("issuedBefore")),
  } satisfies IssuedTokenFilter;
}

function isRole(text: string | null): text is Role {
  return text !== null && Object.hasOwn(ROLES, text);
}

interface FilterFormProps {
  readonly entered: URLSearchParams;
  readonly onFilter: (parameters: URLSearchParams) => void;
}

function FilterForm({ entered, onFilter }: FilterFormProps) {
  const { role, issuedAfter, issuedBefore, ...texts } = filterOf(entered);
  const entries = useEntries({
    id: texts.id ?? "",
    issuedTo: texts.issuedTo ?? "",
    sessionId: texts.sessionId ?? "",
    role: role ?? ("" as const),
    issuedAfter: toLocal(issuedAfter),
    issuedBefore: toLocal(issuedBefore),
  });
  const [draft] = entries;
  return (
    <Form
      label="Filter tokens"
      action="Filter"
      entries={entries}
      fields={[
        { name: "id", label: "Token ID", hint: "The token's jti, or its nonce in the format T1." },
        { name: "issuedTo", label: "Issued by", hint: "The subject of a JWT, or the name of an API key." },
        { name: "sessionId", label: "Session ID" },
        { name: "role", label: "Role", options: [["", "Any"], ...optionsOf(ROLES)] },
        { name: "issuedAfter", label: "From", type: "datetime-local" },
        { name: "issuedBefore", label: "Before", type: "datetime-local" },
      ]}
      // A token must not get into the page's address.
      rules={{
        id: isToken(draft.id.trim())
          ? "This is a token, not its ID. Inspect it to see its claims."
          : undefined,
      }}
      run={async () => {
        const times = {
          issuedAfter: toInstant(draft.issuedAfter),
          issuedBefore: toInstant(draft.issuedBefore),
        };
        const all = Object.entries({ ...draft, ...times }).map(([name, value]) => [
          name,
          value?.trim() ?? "",
        ]);
        onFilter(new URLSearchParams(all.filter(([, value]) => value !== "")));
      }}
      beside={
        entered.size > 0 && (
          <button type="button" onClick={() => onFilter(new URLSearchParams())}>
            Show all
          </button>
        )
      }
    />
  );
}

type Issued = NonNullable<TokenLogQuery["issuedTokens"]>["nodes"][number];

function TokenLog({ filter }: { filter: IssuedTokenFilter }) {
  const { rights } = useMe();
  const pages = usePagesInAddress();
  const { open, setOpen, dialog, card } = useDialogs<Issued>();
  const list = usePage(
    TokenLogDocument,
    { first: pages.first, after: pages.after, filter, withSessions: rights.readSessions },
    ({ issuedTokens }) => issuedTokens,
  );
  return (
    // It does not count the log, which may have a million tokens.
    <Card {...card} title="Issued tokens">
      <Table
        list={list}
        pages={pages}
        of="issued tokens"
        none="No issued tokens match."
        columns={{
          "Issued by": ({ issuedTo }) => issuedTo,
          Identity: ({ identity }) => identity,
          Role: ({ role }) => <RoleBadge role={role} />,
          Session: ({ sessionId, session }) =>
            rights.readSessions ? (
              <Link href={sessionPath(sessionId)}>{session?.name ?? <ShortId id={sessionId} />}</Link>
            ) : (
              <ShortId id={sessionId} />
            ),
          Issued: ({ issuedAt }) => <Instant at={issuedAt} />,
          Expires: ({ expiresAt }) => <Instant at={expiresAt} />,
          "Token ID": ({ id }) => (
            <>
              <ShortId id={id} /> <CopyButton text={id} of={`token ID ${shortened(id)}`} />
            </>
          ),
          State: (token) => <State token={token} onRevoke={() => setOpen(token)} />,
        }}
      />
      {open && (
        <ActDialog
          {...dialog}
          title="Revoke this token?"
          action="Revoke"
          document={RevokeTokenDocument}
          variables={() => ({ id: open.id })}
          said={`Token ${shortened(open.id)} was revoked.`}
        >
          <p>
            Token <ShortId id={open.id} />
            {open.identity !== null && (
              <>
                {" "}
                for <strong>{open.identity}</strong>
              </>
            )}{" "}
            stops working for good. The server removes participants that join with it.
          </p>
        </ActDialog>
      )}
    </Card>
  );
}

/** Whether a token still works, and the way to revoke it. */
function State({ token: { id, expiresAt, revokedAt }, onRevoke }: { token: Issued; onRevoke: () => void }) {
  const { rights } = useMe();
  if (revokedAt !== null)
    return (
      <>
        Revoked <Instant at={revokedAt} />
      </>
    );
  if (isOver(expiresAt)) return "Expired";
  if (!rights.manageBans) return "Valid";
  return (
    <button type="button" className="quiet" aria-label={`Revoke token ${shortened(id)}`} onClick={onRevoke}>
      Revoke
    </button>
  );
}
