import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Pages } from "../address.ts";
import { useEntries, useMe } from "../api/me.ts";
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
import { ActDialog, type DialogProps } from "./act-dialog.tsx";
import { Card } from "./card.tsx";
import { Instant } from "./instant.tsx";
import { List, usePage } from "./list.tsx";
import { usePages } from "./pager.tsx";
import { SessionId } from "./session-id.tsx";
import { useDialogs } from "./use-dialogs.ts";

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
  const isShown = ({ isActive }: BanFieldsFragment) => isActive || filter.active !== true;
  const list = usePage(
    BansDocument,
    { first: pages.first, after: pages.after, filter },
    ({ bans }) => bans && { ...bans, nodes: bans.nodes.filter(isShown) },
  );
  const { open, setOpen, dialog, card } = useDialogs<BanFieldsFragment | "new">();
  return (
    <Card
      {...card}
      title={title}
      beside={
        (sessionId !== null || rights.everySession) && (
          <ActButton reason={reason} onClick={() => setOpen("new")}>
            Ban an identity…
          </ActButton>
        )
      }
    >
      <ReasonsNotice reasons={[reason]} />
      <List list={list} pages={pages} of="bans" none={none}>
        {(ban) => (
          <>
            <div className="row">
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
                by {ban.createdBy || "nobody"}, <Instant at={ban.createdAt} />
              </span>
            </div>
            {sessionId === null && <Where ban={ban} />}
          </>
        )}
      </List>
      {open === "new" && <BanDialog {...dialog} sessionId={sessionId} />}
      {open !== null && open !== "new" && (
        <ActDialog
          {...dialog}
          title="Lift the ban"
          action="Lift"
          document={LiftBanDocument}
          variables={() => ({ id: open.id })}
          options={{ refetchQueries: [BansDocument] }}
          said="The ban was lifted."
        >
          <p>
            <strong>{nameOfBan(open)}</strong> can join again, with the tokens that are neither expired nor
            revoked.
          </p>
        </ActDialog>
      )}
    </Card>
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

/** Bans an identity, also one that never joined. */
function BanDialog({ sessionId, ...dialog }: DialogProps & { readonly sessionId: string | null }) {
  const { rights } = useMe();
  const entries = useEntries<{ identity: string; until: BanEnd; sessionId: "here" | "all" }>({
    identity: "",
    until: "day",
    sessionId: sessionId === null ? "all" : "here",
  });
  const [{ identity, until, sessionId: where }] = entries;
  const isEverywhere = where === "all";
  return (
    <ActDialog
      {...dialog}
      title="Ban an identity"
      action="Ban"
      document={BanIdentityDocument}
      variables={() => ({ identity, sessionId: isEverywhere ? null : sessionId, until: untilOf(until) })}
      options={{ refetchQueries: [BansDocument] }}
      said={`${identity} was banned${isEverywhere ? " from all sessions" : ""}.`}
      entries={entries}
      fields={[
        { name: "identity", label: "Identity to ban", placeholder: "user-42" },
        { name: "until", label: "How long", options: BAN_ENDS },
        sessionId !== null &&
          rights.everySession && {
            name: "sessionId",
            label: "Where",
            options: [
              ["here", "In this session"],
              ["all", "In all sessions"],
            ],
          },
      ]}
      missing={{ identity: identity === "" ? "Enter an identity." : undefined }}
    >
      <p>No token is issued to it. Its participants are disconnected, also those that join later.</p>
    </ActDialog>
  );
}
