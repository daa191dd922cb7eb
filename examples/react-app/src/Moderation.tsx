import { useMutation } from "@apollo/client/react";
import { explain, MuteParticipantDocument, RemoveParticipantDocument } from "@stagepass/client";

const HOUR = 3_600_000;

/** What a moderator can do with a participant. */
export function Moderation({ id, name }: { id: string; name: string }) {
  const [remove, removal] = useMutation(RemoveParticipantDocument);
  const [mute, muting] = useMutation(MuteParticipantDocument);
  const problem = removal.error ?? muting.error;
  const ban = () => ({ until: new Date(Date.now() + HOUR).toISOString() });
  return (
    <>
      <button
        type="button"
        aria-label={`Mute ${name}`}
        disabled={muting.loading}
        onClick={() => mute({ variables: { id } })}
      >
        Mute
      </button>
      <button
        type="button"
        aria-label={`Remove ${name}`}
        disabled={removal.loading}
        onClick={() => remove({ variables: { id } })}
      >
        Remove
      </button>
      <button
        type="button"
        aria-label={`Ban ${name} for an hour`}
        disabled={removal.loading}
        onClick={() => remove({ variables: { id, ban: ban() } })}
      >
        Ban for an hour
      </button>
      {problem && <span role="alert">{explain(problem).message}</span>}
    </>
  );
}
