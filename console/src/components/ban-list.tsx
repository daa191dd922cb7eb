import { useMutation, useQuery } from "@apollo/client/react";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { useMe, usePolling } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { useReasons } from "../api/reasons.ts";
import { BAN_ENDS, type BanEnd, untilOf } from "../ban-end.ts";
import {
  type BanFieldsFragment,
  type BanFilter,
  BanIdentityDocument,
  BansDocument,
  LiftBanDocument,
} from "../generated/documents.ts";
import { sessionPath } from "../paths.ts";
import { formatInstant } from "../time.ts";
import { ActButton, ReasonsNotice } from "./act-button.tsx";
import { ActDialog } from "./act-dialog.tsx";
import { Choice } from "./choice.tsx";
import { Field } from "./field.tsx";
import { Pager, type Pages, usePages } from "./pager.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { SessionId } from "./session-id.tsx";
import { useDone } from "./use-done.ts";

/** The number of bans per page. */
const PAGE_SIZE = 10;

/** The active bans of one session. */
export function SessionBans({ sessionId }: { sessionId: string }) {
  const pages = usePages();
  const reason = useReasons(sessionId)("ban");
  return (
    <BanList
      reason={reason}
      title="Bans"
      none={
        <>
          Nobody is banned from this session alone. <Link href="/bans">All bans</Link>
        </>
      }
      sessionId={sessionId}
      filter={{ sessionId, active: true }}
      pages={pages}
    />
  );
}

interface Props {
  readonly title: string;
  /** The text of an empty list. */
  readonly none: ReactNode;
  /** The session of new bans; null for all sessions. */
  readonly sessionId: string | null;
  readonly filter: BanFilter;
  /** Why the caller may ban nobody here; null if it may. */
  readonly reason?: string | null;
  readonly pages: Pages;
}

/** A list of bans. */
export function BanList({ title, none, sessionId, filter, pages, reason = null }: Props) {
  const { rights } = useMe();
  const { data, previousData, error, refetch } = useQuery(BansDocument, {
    variables: { first: PAGE_SIZE, after: pages.after, filter },
    fetchPolicy: "cache-and-network",
    ...usePolling(5000),
  });
  const [open, setOpen] = useState<BanFieldsFragment | "new" | null>(null);
  const { done, setDone, heading } = useDone();
  const of = {
    onClose: () => setOpen(null),
    onDone: (done: string) => {
      setOpen(null);
      setDone(done);
    },
  };
  const busy = !data && !error;
  const bans = data?.bans ?? previousData?.bans;
  const nodes = bans?.nodes.filter(({ isActive }) => isActive || filter.active !== true);
  return (
    <section className="card" aria-labelledby="bans">
      <div className="row">
        <h2 id="bans" ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {(sessionId !== null || rights.everySession) && (
          <ActButton reason={reason} onClick={() => setOpen("new")}>
            Ban an identity…
          </ActButton>
        )}
      </div>
      <ReasonsNotice reasons={[reason]} />
      <p role="status" className="done">
        {done}
      </p>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
      {!bans && !error && <p role="status">Loading…</p>}
      {nodes?.length === 0 && !bans?.pageInfo.hasNextPage && pages.number === 1 && <p>{none}</p>}
      {nodes && nodes.length > 0 && (
        <ul className="people" aria-busy={busy}>
          {nodes.map((ban) => (
            <li key={ban.id}>
              <div className="who-is">
                <strong>{nameOfBan(ban)}</strong>
                {ban.isActive && (
                  <ActButton
                    reason={reason}
                    className="quiet"
                    aria-label={`Lift… the ban of ${nameOfBan(ban)}`}
                    onClick={() => setOpen(ban)}
                  >
                    Lift…
                  </ActButton>
                )}
              </div>
              <div className="meta">
                <span>{endOf(ban)}</span>
                <span>
                  by {ban.createdBy || "nobody"},{" "}
                  <time dateTime={ban.createdAt}>{formatInstant(ban.createdAt)}</time>
                </span>
              </div>
              {sessionId === null && <Where ban={ban} />}
            </li>
          ))}
        </ul>
      )}
      {bans && <Pager pages={pages} pageInfo={bans.pageInfo} busy={busy} of="bans" />}
      {open === "new" && <BanDialog {...of} sessionId={sessionId} />}
      {open !== null && open !== "new" && <LiftDialog {...of} ban={open} />}
    </section>
  );
}

/** The identity that a ban keeps out. */
function nameOfBan({ identity }: BanFieldsFragment): string {
  return identity ?? "Tokens with certain connection data";
}

/** When a ban ends or ended. */
function endOf({ until, liftedAt, isActive }: BanFieldsFragment): string {
  if (liftedAt !== null) return `lifted ${formatInstant(liftedAt)}`;
  if (until === null) return "for ever";
  return `${isActive ? "until" : "ended"} ${formatInstant(until)}`;
}

function Where({ ban: { sessionId } }: { ban: BanFieldsFragment }) {
  if (sessionId === null) return <p>In all sessions</p>;
  return (
    <Link href={sessionPath(sessionId)} aria-label={`Session ${sessionId}`}>
      <SessionId id={sessionId} />
    </Link>
  );
}

interface DialogProps {
  readonly onDone: (done: string) => void;
  readonly onClose: () => void;
}

/** Bans an identity, also one that never joined. */
function BanDialog({ sessionId, onDone, onClose }: DialogProps & { readonly sessionId: string | null }) {
  const { rights } = useMe();
  const [identity, setIdentity] = useState("");
  const [end, setEnd] = useState<BanEnd>("day");
  const [where, setWhere] = useState<"here" | "all">(sessionId === null ? "all" : "here");
  const [ban] = useMutation(BanIdentityDocument, { refetchQueries: [BansDocument] });
  const isEverywhere = where === "all";
  const variables = () => ({
    identity,
    sessionId: isEverywhere ? null : sessionId,
    until: untilOf(end),
  });
  return (
    <ActDialog
      title="Ban an identity"
      action="Ban"
      missing={{ identity: identity === "" ? "Enter an identity." : undefined }}
      onClose={onClose}
      run={async () => {
        await ban({ variables: variables() });
        onDone(`${identity} was banned${isEverywhere ? " from all sessions" : ""}.`);
      }}
      request={{ document: BanIdentityDocument, variables }}
    >
      {({ errorAt, changed }) => (
        <>
          <p>No token is issued to it. Its participants are disconnected, also those that join later.</p>
          <div className="fields">
            <Field name="identity" label="Identity to ban" error={errorAt("identity")}>
              {(control) => (
                <input
                  {...control}
                  value={identity}
                  placeholder="user-42"
                  onChange={({ target }) => {
                    changed();
                    setIdentity(target.value);
                  }}
                />
              )}
            </Field>
            <Field name="until" label="How long" error={errorAt("until")}>
              {(control) => <Choice {...control} value={end} options={BAN_ENDS} onChoose={setEnd} />}
            </Field>
            {sessionId !== null && rights.everySession && (
              <Field name="sessionId" label="Where">
                {(control) => (
                  <Choice
                    {...control}
                    value={where}
                    options={[
                      ["here", "In this session"],
                      ["all", "In all sessions"],
                    ]}
                    onChoose={setWhere}
                  />
                )}
              </Field>
            )}
          </div>
        </>
      )}
    </ActDialog>
  );
}

function LiftDialog({ ban, onDone, onClose }: DialogProps & { readonly ban: BanFieldsFragment }) {
  const [lift] = useMutation(LiftBanDocument, { refetchQueries: [BansDocument] });
  return (
    <ActDialog
      title="Lift the ban"
      action="Lift"
      onClose={onClose}
      run={async () => {
        await lift({ variables: { id: ban.id } });
        onDone("The ban was lifted.");
      }}
    >
      {() => (
        <p>
          <strong>{nameOfBan(ban)}</strong> can join again, with the tokens that are neither expired nor
          revoked.
        </p>
      )}
    </ActDialog>
  );
}
