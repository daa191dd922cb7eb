import { useQuery } from "@apollo/client/react";
import { explain, VideoProjectDocument } from "@stagepass/client";
import { useVideoToken } from "@stagepass/client/apollo";
import { useState } from "react";
import { Call } from "./Call.tsx";
import type { Seat } from "./JoinForm.tsx";

/** Gets a token, and then joins. `onEnd` receives why the call is over; undefined if the user left. */
export function Room({ room, name, role, onEnd }: Seat & { onEnd: (reason?: string) => void }) {
  const [isConnected, setConnected] = useState(false);
  const { data, error } = useQuery(VideoProjectDocument);
  // A participant can be banned by its identity. `data` is what the others see.
  const { status, applicationId, sessionId, token, explanation, retry } = useVideoToken({
    room,
    mediaMode: "ROUTED",
    role,
    identity: name,
    data: name,
    // A connected client needs no new token.
    enabled: !isConnected,
  });

  if (data && token !== undefined && applicationId !== undefined && sessionId !== undefined)
    return (
      <>
        <h1>{room}</h1>
        <Call
          {...{ applicationId, sessionId, token, name, role, onEnd }}
          platform={data.videoProject.platform}
          onConnected={() => setConnected(true)}
        />
      </>
    );

  const problem = explanation ?? (error && explain(error));
  return (
    <>
      <h1>{room}</h1>
      {problem ? (
        <p role="alert">
          {problem.message} {status === "waiting" && "The page tries again by itself."}
        </p>
      ) : (
        <p role="status">Joining…</p>
      )}
      {problem && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
      <button type="button" onClick={() => onEnd()}>
        Back
      </button>
    </>
  );
}
