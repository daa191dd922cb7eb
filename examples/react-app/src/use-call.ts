import type { VideoPlatform } from "@stagepass/client";
import type { OpenTok, Publisher, Session } from "@stagepass/client/local-ot";
import { type RefObject, useEffect, useEffectEvent, useState } from "react";
import { loadOpenTok } from "./opentok.ts";

/** Which call to join. */
export interface CallOptions {
  readonly platform: VideoPlatform;
  readonly applicationId: string;
  readonly sessionId: string;
  readonly token: string;
  /** What the others see on the stream. */
  readonly name: string;
  readonly onConnected: () => void;
  /** Receives why the call is over; undefined if the user left. */
  readonly onEnd: (reason?: string) => void;
}

/** A call, once it is connected. */
export interface Call {
  readonly session: Session;
  readonly publisher: Publisher;
}

/** Why the platform disconnected the user. */
const REASONS: Readonly<Record<string, string>> = {
  forceDisconnected: "A moderator removed you from the room.",
  networkDisconnected: "The connection to the room was lost.",
};

const TILE = { insertMode: "append", width: "100%", height: "100%" } as const;

/** Joins a call while the component is mounted, and shows its streams in an element. */
export function useCall(place: RefObject<HTMLElement | null>, options: CallOptions): Call | undefined {
  const { platform, applicationId, sessionId, token } = options;
  const [call, setCall] = useState<Call>();

  const connected = useEffectEvent((OT: OpenTok, session: Session, videos: HTMLElement) => {
    const publisher = OT.initPublisher(videos, { ...TILE, name: options.name });
    session.publish(publisher, (error) => error && options.onEnd(error.message));
    setCall({ session, publisher });
    options.onConnected();
  });
  const ended = useEffectEvent((reason: string | undefined) => options.onEnd(reason));

  useEffect(() => {
    let isLeft = false;
    let session: Session | undefined;
    loadOpenTok(platform).then(
      (OT) => {
        const videos = place.current;
        if (isLeft || !videos) return;
        const joining = OT.initSession(applicationId, sessionId);
        session = joining;
        joining.on({
          streamCreated: ({ stream }) => void joining.subscribe(stream, videos, TILE),
          sessionDisconnected: ({ reason }) => ended(REASONS[reason]),
        });
        joining.connect(token, (error) => (error ? ended(error.message) : connected(OT, joining, videos)));
      },
      (error: Error) => ended(error.message),
    );
    return () => {
      isLeft = true;
      session?.off();
      session?.disconnect();
    };
  }, [place, platform, applicationId, sessionId, token]);

  return call;
}
