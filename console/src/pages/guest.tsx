import { useEffect, useReducer, useRef, useState } from "react";
import { socketUrl } from "../api/live.ts";
import { PageHeading } from "../components/page-heading.tsx";
import { RoleBadge } from "../components/role-badge.tsx";
import { SessionId } from "../components/session-id.tsx";
import type { Role } from "../generated/documents.ts";
import { askForToken } from "../guest-tab.ts";
import { afterMessage, EMPTY_ROOM, type Room, type RoomMessage } from "../local-room.ts";

/** The roles by their names in tokens. */
const ROLES: Readonly<Record<string, Role>> = {
  subscriber: "SUBSCRIBER",
  publisher: "PUBLISHER",
  publisheronly: "PUBLISHER_ONLY",
  moderator: "MODERATOR",
};

/** The page of a virtual participant of the local platform. It has only a token, and no credential of a caller. */
export default function GuestPage() {
  const [token, setToken] = useState<string | null>(null);
  const [isAlone, setAlone] = useState(false);
  /** Increases when the guest joins again. */
  const [visit, setVisit] = useState(1);
  useEffect(() => {
    const stop = askForToken(setToken);
    setAlone(stop === null);
    return stop ?? undefined;
  }, []);
  return (
    <>
      <header>
        <span className="brand">Stagepass</span>
        <strong className="local">LOCAL</strong>
      </header>
      <main>
        <PageHeading>Guest</PageHeading>
        {token !== null && <Visit key={visit} token={token} onAgain={() => setVisit(visit + 1)} />}
        {token === null && (
          <p className="notice" role="status">
            {isAlone
              ? "This tab has no token. Open the page of a session, and choose “Join as a guest”."
              : "Waiting for the token of the tab that opened this one. If it is closed, start there again."}
          </p>
        )}
      </main>
    </>
  );
}

function Visit({ token, onAgain }: { token: string; onAgain: () => void }) {
  const [room, take] = useReducer(
    (room: Room, message: RoomMessage | "anew") =>
      message === "anew" ? EMPTY_ROOM : afterMessage(room, message),
    EMPTY_ROOM,
  );
  const socket = useRef<WebSocket>(undefined);
  useEffect(() => {
    take("anew");
    const opened = new WebSocket(socketUrl("local/join"));
    socket.current = opened;
    let isOver = false;
    const deliver = (message: RoomMessage) => {
      if (!isOver) take(message);
    };
    opened.onopen = () => opened.send(JSON.stringify({ type: "join", token }));
    opened.onmessage = ({ data }) => deliver(JSON.parse(data));
    opened.onclose = () => deliver({ type: "closed" });
    return () => {
      isOver = true;
      opened.close();
    };
  }, [token]);
  const send = (message: object) => socket.current?.send(JSON.stringify(message));

  const { joined, connections, streams, events, end } = room;
  const role = joined && ROLES[joined.role];
  const own = streams.find(({ connectionId }) => connectionId === joined?.connectionId);
  const isIn = joined !== null && end === null;
  return (
    <>
      <section className="card" aria-label="You">
        <div className="row">
          {role && <RoleBadge role={role} />}
          {joined && <SessionId id={joined.sessionId} />}
        </div>
        <p role="status">{isIn ? "You are in the session." : end === null ? "Joining…" : ""}</p>
        {end !== null && (
          <p className="notice bad" role="alert">
            {end}
          </p>
        )}
        <div className="acts">
          {isIn && (
            <>
              {role !== "SUBSCRIBER" && (
                <button
                  type="button"
                  onClick={() =>
                    send(
                      own
                        ? { type: "unpublish", streamId: own.streamId }
                        : { type: "publish", name: "Test picture" },
                    )
                  }
                >
                  {own ? "Stop publishing" : "Publish a stream"}
                </button>
              )}
              <button
                type="button"
                onClick={() => {
                  send({ type: "leave" });
                  take({ type: "left" });
                }}
              >
                Leave
              </button>
            </>
          )}
          {end !== null && (
            <button type="button" className="main" onClick={onAgain}>
              Join again
            </button>
          )}
        </div>
      </section>
      {isIn && (
        <section className="card" aria-labelledby="others">
          <h2 id="others">In the session</h2>
          <ul className="people">
            {[{ connectionId: joined.connectionId, data: "You" }, ...connections].map(
              ({ connectionId, data }) => {
                const published = streams.filter((stream) => stream.connectionId === connectionId);
                return (
                  <li key={connectionId}>
                    <div className="who-is">
                      <strong>{data || connectionId}</strong>
                      {role === "MODERATOR" && connectionId !== joined.connectionId && (
                        <button
                          type="button"
                          className="quiet"
                          aria-label={`Disconnect ${data || connectionId}`}
                          onClick={() => send({ type: "forceDisconnect", connectionId })}
                        >
                          Disconnect
                        </button>
                      )}
                    </div>
                    {published.map(({ streamId, name }) => (
                      <div
                        className="picture"
                        key={streamId}
                        role="img"
                        aria-label={`Stream: ${name || "no name"}`}
                      >
                        {name}
                      </div>
                    ))}
                  </li>
                );
              },
            )}
          </ul>
        </section>
      )}
      <section className="card" aria-labelledby="events">
        <h2 id="events">What happened</h2>
        <div role="log" aria-labelledby="events">
          <ol className="events">
            {events.map((event, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: events have no other key
              <li key={i}>{event}</li>
            ))}
          </ol>
        </div>
      </section>
    </>
  );
}
