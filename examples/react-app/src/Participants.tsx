import { useQuery, useSubscription } from "@apollo/client/react";
import { explain, ParticipantChangedDocument, ParticipantsDocument } from "@stagepass/client";
import { useEffect } from "react";
import { afterConnecting } from "./live.ts";
import { Moderation } from "./Moderation.tsx";

interface ParticipantsProps {
  readonly sessionId: string;
  readonly ownConnectionId: string | undefined;
  readonly isModerator: boolean;
}

/** Who is in the room, now. */
export function Participants({ sessionId, ownConnectionId, isModerator }: ParticipantsProps) {
  const variables = { sessionId };
  const { data, error, refetch } = useQuery(ParticipantsDocument, { variables });
  const participants = data?.session?.participants?.edges.map(({ node }) => node) ?? [];
  const changes = useSubscription(ParticipantChangedDocument, {
    variables,
    ignoreResults: true,
    // The cache updates a participant that it knows by itself.
    onData: ({ data: { data } }) => {
      if (data && !participants.some(({ id }) => id === data.participantChanged.id)) refetch();
    },
  });
  // The subscription sends only what changes after it begins.
  useEffect(() => afterConnecting(refetch), [refetch]);

  const problem = changes.error ?? error;
  return (
    <section>
      <h2>Participants</h2>
      {problem && <p role="alert">{explain(problem).message}</p>}
      <ul>
        {participants
          .filter(({ leftAt }) => leftAt === null)
          .map(({ id, connectionId, data, streams }) => (
            <li key={id}>
              {data} {connectionId === ownConnectionId ? "(you)" : streams.length === 0 && "(only watches)"}
              {isModerator && connectionId !== ownConnectionId && <Moderation id={id} name={data ?? ""} />}
            </li>
          ))}
      </ul>
    </section>
  );
}
