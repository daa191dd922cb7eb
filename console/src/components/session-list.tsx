import { useEffect, useState } from "react";
import { Link } from "wouter";
import { usePagesInAddress } from "../address.ts";
import { useMe } from "../api/me.ts";
import { SessionDocument, type SessionFieldsFragment, SessionsDocument } from "../generated/documents.ts";
import { sessionPath } from "../paths.ts";
import { isSessionId, type Search, useFilter, useSessionSearch } from "../session-search.ts";
import { Instant } from "./instant.tsx";
import { List, usePage } from "./list.tsx";
import { formatTotal, usePages } from "./pager.tsx";
import { SessionId } from "./session-id.tsx";

/** How long the user does not type before the list follows, in milliseconds. */
const PAUSE = 250;

/** The sessions that match the search in the page's address. */
export function SessionList() {
  const [search] = useSessionSearch();
  const text = useSettled(search.text.trim());
  return isSessionId(text) ? <SessionOfId sessionId={text} /> : <Sessions search={{ ...search, text }} />;
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function Sessions({ search }: { search: Search }) {
  const { rights } = useMe();
  const pages = usePagesInAddress();
  const filter = useFilter(search);
  const list = usePage(
    SessionsDocument,
    // It does not count the list, which may have a million sessions.
    { first: pages.first, after: pages.after, filter, withTokens: rights.readLedger },
    ({ sessions }) => sessions,
  );
  const isFiltered = Object.values(filter).some((value) => value !== null);
  return (
    <List
      list={list}
      pages={pages}
      of="sessions"
      none={isFiltered ? "No session matches." : "No sessions yet."}
      className="list"
    >
      {(session) => <SessionItem session={session} tokens={session.issuedTokens?.totalCount} />}
    </List>
  );
}

function SessionOfId({ sessionId }: { sessionId: string }) {
  const pages = usePages();
  const list = usePage(SessionDocument, { sessionId }, ({ session }) => ({
    nodes: session ? [session] : [],
    pageInfo: { hasNextPage: false, endCursor: null },
  }));
  return (
    <List
      list={list}
      pages={pages}
      of="sessions"
      none="No session that you may see has this ID."
      className="list"
    >
      {(session) => <SessionItem session={session} />}
    </List>
  );
}

interface ItemProps {
  readonly session: SessionFieldsFragment;
  readonly tokens?: number | null | undefined;
}

function SessionItem({ session, tokens }: ItemProps) {
  return (
    <Link href={sessionPath(session.sessionId)} className="item">
      <span className={session.name === null ? "nameless" : "title"}>{session.name ?? "No name"}</span>
      <SessionId id={session.sessionId} />
      <span className="meta">
        {session.mediaMode === "ROUTED" && <span>routed</span>}
        {session.archiveMode === "ALWAYS" && <span>archived</span>}
        {session.e2ee && <span>encrypted</span>}
        {session.createdHere || <span>not created here</span>}
        {typeof tokens === "number" && (
          <span>{tokens === 1 ? "1 token" : `${formatTotal(tokens)} tokens`}</span>
        )}
      </span>
      {session.createdAt && <Instant at={session.createdAt} className="meta" />}
    </Link>
  );
}
