import { useQuery } from "@apollo/client/react";
import { usePolling } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { ParticipantsDocument, type ParticipantsQuery } from "../generated/documents.ts";
import { VIDEO_TYPES } from "../labels.ts";
import { formatInstant } from "../time.ts";
import { Pager, Total, usePages } from "./pager.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { RoleBadge } from "./role-badge.tsx";

/** The number of participants per page. */
const PAGE_SIZE = 10;

/** The participants that are in a session now. */
export function ParticipantList({ sessionId }: { sessionId: string }) {
  const pages = usePages();
  const { data, previousData, error, refetch } = useQuery(ParticipantsDocument, {
    variables: { sessionId, first: PAGE_SIZE, after: pages.after },
    fetchPolicy: "cache-and-network",
    // Show the list even if its count fails.
    errorPolicy: "all",
    ...usePolling(2000),
  });
  // The list still shows the previous page.
  const busy = !data && !error;
  const session = data?.session ?? previousData?.session;
  const present = session?.participants;
  return (
    <section className="card" aria-labelledby="participants">
      <h2 id="participants">Participants {session && <Total count={session.participantCount} />}</h2>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
      {!present && !error && <p role="status">Loading…</p>}
      {present && present.nodes.length === 0 && <p>Nobody is in this session now.</p>}
      {present && present.nodes.length > 0 && (
        <table aria-busy={busy}>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Role</th>
              <th scope="col">Joined</th>
              <th scope="col">Publishes</th>
            </tr>
          </thead>
          <tbody>
            {present.nodes.map((participant) => (
              <Row key={participant.id} {...participant} />
            ))}
          </tbody>
        </table>
      )}
      {present && <Pager pages={pages} pageInfo={present.pageInfo} busy={busy} of="participants" />}
    </section>
  );
}

type Participant = NonNullable<NonNullable<ParticipantsQuery["session"]>["participants"]>["nodes"][number];

function Row({ connectionId, identity, data, role, joinedAt, streams }: Participant) {
  return (
    <tr>
      <td>{identity ?? data ?? <code>{connectionId}</code>}</td>
      <td>{role && <RoleBadge role={role} />}</td>
      <td>
        <time dateTime={joinedAt}>{formatInstant(joinedAt)}</time>
      </td>
      <td>
        <ul>
          {streams.map(({ id, name, videoType }) => (
            <li key={id}>
              {videoType === null ? "Audio" : VIDEO_TYPES[videoType]}
              {name && `: ${name}`}
            </li>
          ))}
        </ul>
      </td>
    </tr>
  );
}
