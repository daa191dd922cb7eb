"use client";

import { explain, NotLoggedIn, ParticipantsDocument, RemoveParticipantDocument } from "@stagepass/client";
import { type Connection, localOT, type OTError } from "@stagepass/client/local-ot";
import { useVideoToken } from "@stagepass/client/urql";
import { useEffect, useRef, useState } from "react";
import { Client, fetchExchange, Provider, useClient } from "urql";

interface CallProps {
  readonly stagepassUrl: string;
  readonly room: string;
  readonly name: string;
  readonly role: "MODERATOR" | "PUBLISHER";
}

export function Call(props: CallProps) {
  const [client] = useState(
    () =>
      new Client({
        url: `${props.stagepassUrl}/graphql`,
        preferGetMethod: false,
        fetch: fetchAsUser,
        exchanges: [fetchExchange],
      }),
  );
  return (
    <Provider value={client}>
      <Room {...props} />
    </Provider>
  );
}

/** Gets the user's credential from our own back end for each request. A call has few. */
const fetchAsUser: typeof fetch = async (input, init) => {
  const response = await fetch("/api/access-token", { method: "POST" });
  if (response.status === 401) throw new NotLoggedIn();
  const { accessToken } = await response.json();
  const headers = new Headers(init?.headers);
  headers.set("authorization", `Bearer ${accessToken}`);
  return fetch(input, { ...init, headers });
};

function Room({ stagepassUrl, room, name, role }: CallProps) {
  const client = useClient();
  const tiles = useRef<HTMLDivElement>(null);
  const [others, setOthers] = useState<readonly Connection[]>([]);
  const [isConnected, setConnected] = useState(false);
  /** Why the call ended; empty if it did not. */
  const [ended, setEnded] = useState("");
  const [problem, setProblem] = useState("");
  // A connected client needs no new token.
  const video = useVideoToken({ room, role, enabled: !isConnected && !ended });
  const { applicationId, sessionId, token } = video;

  useEffect(() => {
    if (!applicationId || !sessionId || !token || ended) return;
    // For real calls, put OpenTok.js's `OT` in place of `localOT(…)`.
    const OT = localOT(`${stagepassUrl}/local/join`);
    const session = OT.initSession(applicationId, sessionId);
    const end = (why: string) => {
      setConnected(false);
      setOthers([]);
      setEnded(why);
    };
    const failed = (error?: OTError) => error && end(error.message);
    const tile = { insertMode: "append" } as const;
    session.on({
      connectionCreated: ({ connection }) => {
        if (connection.connectionId !== session.connection?.connectionId)
          setOthers((others) => [...others, connection]);
      },
      connectionDestroyed: ({ connection }) =>
        setOthers((others) => others.filter((other) => other.connectionId !== connection.connectionId)),
      streamCreated: ({ stream }) => session.subscribe(stream, tiles.current ?? undefined, tile),
      sessionDisconnected: ({ reason }) =>
        end(reason === "forceDisconnected" ? "A moderator showed you out." : "The connection broke."),
    });
    session.connect(token, (error) => {
      if (error) return failed(error);
      setConnected(true);
      session.publish(OT.initPublisher(tiles.current ?? undefined, { ...tile, name }, failed), failed);
    });
    return () => {
      session.off();
      session.disconnect();
      setConnected(false);
      setOthers([]);
    };
  }, [stagepassUrl, applicationId, sessionId, token, name, ended]);

  /** Stagepass decides whether the user may do this, and writes it to its audit trail. */
  async function showOut({ connectionId, data }: Connection): Promise<void> {
    if (!sessionId) return;
    const found = await client.query(ParticipantsDocument, { sessionId }).toPromise();
    const edges = found.data?.session?.participants?.edges ?? [];
    const participant = edges.find(({ node }) => node.connectionId === connectionId)?.node;
    if (!participant)
      return setProblem(found.error ? explain(found.error).message : `${data} is not on the list yet.`);
    const { error } = await client.mutation(RemoveParticipantDocument, { id: participant.id }).toPromise();
    setProblem(error ? explain(error).message : "");
  }

  return (
    <>
      <p role="status">
        {ended ||
          (isConnected ? `You are in the call as ${name}.` : (video.explanation?.message ?? "Joining…"))}
      </p>
      {ended && (
        <button type="button" onClick={() => setEnded("")}>
          Join again
        </button>
      )}
      {video.status === "refused" && (
        <button type="button" onClick={video.retry}>
          Try again
        </button>
      )}
      <ul aria-label="Others">
        {others.map((other) => (
          <li key={other.connectionId}>
            {other.data}{" "}
            {role === "MODERATOR" && (
              <button type="button" onClick={() => showOut(other)}>
                Show out
              </button>
            )}
          </li>
        ))}
      </ul>
      <p role="alert">{problem}</p>
      <div ref={tiles} className="tiles" />
    </>
  );
}
