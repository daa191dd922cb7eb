import type {
  RoomConnection,
  RoomStream,
  ServerMessage,
} from "../../packages/client/src/local-ot/protocol.ts";

/** A message of the local platform; or the guest left, or the socket closed. */
export type RoomMessage = ServerMessage | { readonly type: "left" | "closed" };

/** What a guest knows of its session. */
export interface Room {
  readonly joined: Extract<RoomMessage, { type: "joined" }> | null;
  readonly connections: readonly RoomConnection[];
  readonly streams: readonly RoomStream[];
  /** What happened, oldest first. */
  readonly events: readonly string[];
  /** Why the guest is not in the session any more; null while it joins or is there. */
  readonly end: string | null;
}

export const EMPTY_ROOM: Room = { joined: null, connections: [], streams: [], events: [], end: null };

/** The most events to keep. */
const MAX_EVENTS = 50;

/** The room after a message. */
export function afterMessage(room: Room, message: RoomMessage): Room {
  const { joined, connections, streams } = room;
  const named = (id: string) =>
    id === joined?.connectionId
      ? "you"
      : (connections.find((each) => each.connectionId === id)?.data ?? "") || id;
  const noting = (event: string, change: Partial<Room> = {}): Room => ({
    ...room,
    events: [...room.events, event].slice(-MAX_EVENTS),
    ...change,
  });
  switch (message.type) {
    case "joined":
      return {
        ...noting("You joined."),
        joined: message,
        connections: message.connections,
        streams: message.streams,
      };
    case "connectionCreated": {
      const { connection } = message;
      return noting(`${connection.data || connection.connectionId} joined.`, {
        connections: [...connections, connection],
      });
    }
    case "connectionDestroyed": {
      const { connectionId } = message;
      return noting(`${named(connectionId)} left.`, {
        connections: connections.filter((each) => each.connectionId !== connectionId),
        streams: streams.filter((each) => each.connectionId !== connectionId),
      });
    }
    case "published":
      return noting("You publish a stream.", { streams: [...streams, message.stream] });
    case "streamCreated":
      return noting(`${named(message.stream.connectionId)} publishes a stream.`, {
        streams: [...streams, message.stream],
      });
    case "streamDestroyed": {
      const ended = streams.find(({ streamId }) => streamId === message.streamId);
      return noting(`A stream of ${ended ? named(ended.connectionId) : "somebody"} ended.`, {
        streams: streams.filter((each) => each !== ended),
      });
    }
    case "signal":
      return noting(
        `Signal${message.signalType && ` “${message.signalType}”`} from ${message.from ? named(message.from) : "the server"}: ${message.data}`,
      );
    case "muted":
      return noting("Your stream was muted.");
    case "disconnected":
      return noting("You were shown out.", {
        end:
          message.reason === "forceDisconnected"
            ? "You were shown out: the server or a moderator disconnected you."
            : `You were disconnected: ${message.reason}.`,
      });
    case "error":
      return joined === null
        ? { ...room, end: `The local platform refused the token: ${message.message}.` }
        : noting(`Refused: ${message.message}.`);
    case "left":
      return { ...room, end: "You left." };
    case "closed":
      return { ...room, connections: [], streams: [], end: room.end ?? "The connection was lost." };
  }
}
