import { useEffect, useReducer, useRef, useState } from "react";
import { type Connection, localOT, type Publisher } from "../../../packages/client/src/local-ot.ts";
import { PageHeading } from "../components/page-heading.tsx";
import { RoleBadge } from "../components/role-badge.tsx";
import { SessionId } from "../components/session-id.tsx";
import { askForGuest, type Guest } from "../guest-tab.ts";

/** The page of a virtual participant of the local platform. It has only a token, and no credential of a caller. */
export default function GuestPage() {
  const [guest, setGuest] = useState<Guest | null>(null);
  const [isAlone, setAlone] = useState(false);
  /** Increases when the guest joins again. */
  const [visit, setVisit] = useState(1);
  useEffect(() => {
    const stop = askForGuest(setGuest);
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
        {guest !== null && <Visit key={visit} guest={guest} onAgain={() => setVisit(visit + 1)} />}
        {guest === null && (
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

/** Why a visit is over, by the reasons of the platform. */
const ENDS: Readonly<Record<string, string>> = {
  clientDisconnected: "You left.",
  forceDisconnected: "You were shown out: the server or a moderator disconnected you.",
  networkDisconnected: "The connection was lost.",
};

/** The most events to keep. */
const MAX_EVENTS = 50;

const TILE = { insertMode: "append", width: "100%", height: "auto" } as const;

function Visit({ guest, onAgain }: { guest: Guest; onAgain: () => void }) {
  const { token, sessionId, role } = guest;
  const [OT] = useState(() => localOT("local/join"));
  const [session] = useState(() => OT.initSession("", sessionId));
  const [isIn, setIn] = useState(false);
  const [end, setEnd] = useState<string | null>(null);
  const [others, setOthers] = useState<readonly Connection[]>([]);
  const [publisher, setPublisher] = useState<Publisher | null>(null);
  const [events, note] = useReducer(
    (events: readonly string[], event: string) => [...events, event].slice(-MAX_EVENTS),
    [],
  );
  const tiles = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const isOwn = ({ connectionId }: Connection) => connectionId === session.connection?.connectionId;
    session.on({
      connectionCreated({ connection }) {
        if (isOwn(connection)) return;
        note(`${nameOf(connection)} is in the session.`);
        setOthers((others) => [...others, connection]);
      },
      connectionDestroyed({ connection }) {
        note(`${nameOf(connection)} left.`);
        setOthers((others) => others.filter((other) => other !== connection));
      },
      streamCreated({ stream }) {
        note(`${nameOf(stream.connection)} publishes a stream.`);
        if (session.capabilities.subscribe) session.subscribe(stream, tiles.current ?? undefined, TILE);
      },
      streamDestroyed: ({ stream }) => note(`A stream of ${nameOf(stream.connection)} ended.`),
      signal({ type = "", from, data }) {
        const [, name] = type.split(/:(.*)/s);
        const sender = from === null ? "the server" : isOwn(from) ? "you" : nameOf(from);
        note(`Signal${name ? ` “${name}”` : ""} from ${sender}: ${data}`);
      },
      sessionDisconnected({ reason }) {
        setIn(false);
        setEnd(ENDS[reason] ?? `You were disconnected: ${reason}.`);
      },
    });
    session.connect(token, (error) => {
      setIn(!error);
      if (error) setEnd(`You could not join: ${error.message}`);
      else note("You joined.");
    });
    return () => {
      session.off();
      session.disconnect();
    };
  }, [session, token]);

  const publish = () => {
    const name = session.connection?.data || "Guest";
    const made = OT.initPublisher(tiles.current ?? undefined, { ...TILE, name });
    made.on({
      streamCreated: () => note("You publish a stream."),
      streamDestroyed: () => note("Your stream ended."),
      muteForced: () => note("Your stream was muted."),
      destroyed: () => setPublisher(null),
    });
    session.publish(made, (error) => {
      if (!error) return;
      made.destroy();
      note(`Your stream was refused: ${error.message}`);
    });
    setPublisher(made);
  };

  return (
    <>
      <section className="card" aria-label="You">
        <div className="row">
          <RoleBadge role={role} />
          <SessionId id={sessionId} />
        </div>
        <p role="status">{isIn ? "You are in the session." : end === null ? "Joining…" : ""}</p>
        {end !== null && (
          <p className={`notice ${end === ENDS.clientDisconnected ? "" : "bad"}`} role="alert">
            {end}
          </p>
        )}
        <div className="acts">
          {isIn && role !== "SUBSCRIBER" && (
            <button type="button" onClick={publisher ? () => session.unpublish(publisher) : publish}>
              {publisher ? "Stop publishing" : "Publish a stream"}
            </button>
          )}
          {isIn && (
            <button type="button" onClick={() => session.disconnect()}>
              Leave
            </button>
          )}
          {end !== null && (
            <button type="button" className="main" onClick={onAgain}>
              Join again
            </button>
          )}
        </div>
        <div className="tiles" ref={tiles} />
      </section>
      {isIn && (
        <section className="card" aria-labelledby="others">
          <h2 id="others">In the session</h2>
          <ul className="people">
            <li>
              <strong>You</strong>
            </li>
            {others.map((other) => (
              <li key={other.connectionId}>
                <div className="who-is">
                  <strong>{nameOf(other)}</strong>
                  {role === "MODERATOR" && (
                    <button
                      type="button"
                      className="quiet"
                      aria-label={`Disconnect ${nameOf(other)}`}
                      onClick={() => session.forceDisconnect(other)}
                    >
                      Disconnect
                    </button>
                  )}
                </div>
              </li>
            ))}
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

function nameOf({ data, connectionId }: Connection): string {
  return data || connectionId;
}
