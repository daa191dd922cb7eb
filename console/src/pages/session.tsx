import { useQuery } from "@apollo/client/react";
import { useHistoryState } from "wouter/use-browser-location";
import { useMe } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { SessionBans } from "../components/ban-list.tsx";
import { Card } from "../components/card.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Detail } from "../components/detail.tsx";
import { Instant } from "../components/instant.tsx";
import { Table, usePage } from "../components/list.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { usePages } from "../components/pager.tsx";
import { ParticipantList } from "../components/participant-list.tsx";
import { ProblemNotice } from "../components/problem-notice.tsx";
import { RoleBadge } from "../components/role-badge.tsx";
import { TokenForm } from "../components/token-form.tsx";
import { TokenList } from "../components/token-list.tsx";
import { IssuedTokensDocument, SessionDocument, type SessionFieldsFragment } from "../generated/documents.ts";
import { ARCHIVE_MODES, ARCHIVE_RESOLUTIONS, MEDIA_MODES } from "../labels.ts";
import { formatInstant } from "../time.ts";

/** The page of a session: its options, a form for tokens, its participants, and its issued tokens. */
export default function SessionPage({ sessionId }: { sessionId: string }) {
  const { rights, project, tokens } = useMe();
  const { data, error, loading, refetch } = useQuery(SessionDocument, {
    variables: { sessionId },
    skip: !rights.readSessions,
    // The user's right to see it may change.
    fetchPolicy: "cache-and-network",
  });
  const refusal = useHistoryState<string | null>();
  const session = data?.session;
  const mine = tokens.filter((token) => token.sessionId === sessionId);
  return (
    <>
      <PageHeading title={session?.name ?? `Session …${sessionId.slice(-8)}`} above={[["/", "Sessions"]]}>
        {session?.name ?? "Session"}
      </PageHeading>
      <section className="card" aria-label="The session">
        <div className="row">
          <code className="token">{sessionId}</code>
          <CopyButton text={sessionId} label="Copy ID" />
        </div>
        <p className="hint">
          Application <code>{session?.applicationId ?? project.applicationId}</code>
        </p>
        {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
        {loading && !session && <p role="status">Loading…</p>}
        {session && !session.createdHere && (
          <p className="notice">
            This session was not created here. Its ID is well-formed, but the session may not exist.
          </p>
        )}
        {session && <Options session={session} />}
        {session === null && (
          <p className="notice">
            You may not see this session, or its ID does not belong to this server's project.
          </p>
        )}
      </section>
      <div className="columns">
        <div>
          {refusal && (
            <p className="notice bad" role="alert">
              The session is ready, but its token was refused: {refusal}
            </p>
          )}
          {rights.createTokens && session !== null && (
            <Card title="Generate tokens">
              <TokenForm sessionId={sessionId} />
            </Card>
          )}
        </div>
        <div>
          {rights.readParticipants && rights.readSessions && session && <ParticipantList session={session} />}
          {rights.manageBans && session && <SessionBans sessionId={sessionId} />}
          {mine.length > 0 && (
            <Card title="Your tokens" count={mine.length}>
              <TokenList tokens={mine} />
            </Card>
          )}
          {rights.readLedger && rights.readSessions && session && <IssuedTokens sessionId={sessionId} />}
        </div>
      </div>
    </>
  );
}

function Options({ session }: { session: SessionFieldsFragment }) {
  const { createdAt, mediaMode, archiveMode, archiveName, archiveResolution, location, e2ee } = session;
  return (
    <dl>
      <Detail name="Created">{createdAt && formatInstant(createdAt)}</Detail>
      <Detail name="Media mode">{mediaMode && MEDIA_MODES[mediaMode]}</Detail>
      <Detail name="Archive mode">{archiveMode && ARCHIVE_MODES[archiveMode]}</Detail>
      <Detail name="Archive name">{archiveName}</Detail>
      <Detail name="Archive resolution">{archiveResolution && ARCHIVE_RESOLUTIONS[archiveResolution]}</Detail>
      <Detail name="Location">{location}</Detail>
      <Detail name="Encryption">{e2ee === null ? null : e2ee ? "End to end" : "In transit"}</Detail>
    </dl>
  );
}

function IssuedTokens({ sessionId }: { sessionId: string }) {
  const pages = usePages();
  const list = usePage(
    IssuedTokensDocument,
    { sessionId, first: pages.first, after: pages.after },
    ({ session }) => session?.issuedTokens,
  );
  return (
    <Card title="Issued tokens" count={list.page?.totalCount}>
      <Table
        list={list}
        pages={pages}
        of="issued tokens"
        none="No records of tokens yet."
        columns={{
          Role: ({ role }) => <RoleBadge role={role} />,
          Identity: ({ identity }) => identity,
          "Issued by": ({ issuedTo }) => issuedTo,
          Issued: ({ issuedAt }) => <Instant at={issuedAt} />,
          Expires: ({ expiresAt }) => <Instant at={expiresAt} />,
        }}
      />
    </Card>
  );
}
