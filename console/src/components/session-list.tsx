import { useQuery } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { usePagesInAddress } from "../address.ts";
import { useMe, usePolling } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { SessionDocument, type SessionFieldsFragment, SessionsDocument } from "../generated/documents.ts";
import { sessionPath } from "../paths.ts";
import { isSessionId, useFilter, useSessionSearch } from "../session-search.ts";
import { formatInstant } from "../time.ts";
import { formatTotal, Pager } from "./pager.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { SessionId } from "./session-id.tsx";

/** The number of sessions per page. */
const PAGE_SIZE = 20;

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

function Sessions({ search }: { search: ReturnType<typeof useSessionSearch>[0] }) {
  const { rights } = useMe();
  const pages = usePagesInAddress();
  const filter = useFilter(search);
  const { data, previousData, error, refetch } = useQuery(SessionsDocument, {
    // It does not count the list, which may have a million sessions.
    variables: { first: PAGE_SIZE, after: pages.after, filter, withTokens: rights.readLedger },
    fetchPolicy: "cache-and-network",
    // Show the list even if the counts of its tokens fail.
    errorPolicy: "all",
    ...usePolling(5000),
  });
  // The list still shows the previous page.
  const busy = !data && !error;
  const sessions = data?.sessions ?? previousData?.sessions;
  const isFiltered = Object.values(filter).some((value) => value !== null);
  return (
    <>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
      {!sessions && !error && <p role="status">Loading…</p>}
      {sessions && (
        <>
          <ul className="list" aria-busy={busy}>
            {sessions.nodes.map((session) => (
              <li key={session.id}>
                <SessionItem session={session} tokens={session.issuedTokens?.totalCount} />
              </li>
            ))}
          </ul>
          <p className="empty" role="status">
            {!busy && sessions.nodes.length === 0 && emptiness(isFiltered, sessions.pageInfo.hasNextPage)}
          </p>
          <Pager pages={pages} pageInfo={sessions.pageInfo} busy={busy} of="sessions" />
        </>
      )}
    </>
  );
}

/** Why a page has no sessions. With a filter by time, the server may stop before it finds one. */
function emptiness(isFiltered: boolean, hasMore: boolean): string {
  if (hasMore) return "No session on this page matches. The next pages may have some.";
  return isFiltered ? "No session matches." : "No sessions yet.";
}

function SessionOfId({ sessionId }: { sessionId: string }) {
  const { data, error, refetch } = useQuery(SessionDocument, {
    variables: { sessionId },
    fetchPolicy: "cache-and-network",
  });
  return (
    <>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
      {data?.session && (
        <ul className="list">
          <li>
            <SessionItem session={data.session} />
          </li>
        </ul>
      )}
      <p className="empty" role="status">
        {data?.session === null && "No session that you may see has this ID."}
        {!data && !error && "Loading…"}
      </p>
    </>
  );
}

function SessionItem({
  session,
  tokens,
}: {
  session: SessionFieldsFragment;
  tokens?: number | null | undefined;
}) {
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
      {session.createdAt && (
        <time className="meta" dateTime={session.createdAt}>
          {formatInstant(session.createdAt)}
        </time>
      )}
    </Link>
  );
}
