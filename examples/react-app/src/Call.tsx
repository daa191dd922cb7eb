import type { Role } from "@stagepass/client";
import { useEffect, useRef, useState } from "react";
import { Chat } from "./Chat.tsx";
import { Participants } from "./Participants.tsx";
import { type CallOptions, useCall } from "./use-call.ts";

export function Call({ role, ...options }: CallOptions & { readonly role: Role }) {
  const videos = useRef<HTMLDivElement>(null);
  const call = useCall(videos, options);
  const [isMuted, setMuted] = useState(false);

  useEffect(() => {
    call?.publisher.on("muteForced", () => setMuted(true));
  }, [call]);
  const mute = (value: boolean) => {
    call?.publisher.publishAudio(!value);
    setMuted(value);
  };

  return (
    <>
      <div className="videos" ref={videos} />
      {!call && <p role="status">Joining…</p>}
      {call && (
        <button type="button" onClick={() => mute(!isMuted)}>
          {isMuted ? "Unmute" : "Mute"}
        </button>
      )}
      <button type="button" onClick={() => options.onEnd()}>
        Leave
      </button>
      {call && (
        <>
          <Participants
            sessionId={options.sessionId}
            ownConnectionId={call.session.connection?.connectionId}
            isModerator={role === "MODERATOR"}
          />
          <Chat session={call.session} />
        </>
      )}
    </>
  );
}
