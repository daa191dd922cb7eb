import { MAX_LAYOUT_CLASSES_LENGTH } from "../../domain/grant.ts";
import { LeaveReason } from "../../domain/participant.ts";
import { ownerOf } from "../../domain/session-id.ts";
import { type Signal, tooLargeIn } from "../../domain/signal.ts";
import type { PlatformConnection, PlatformStream } from "../platform.ts";
import type { Room } from "./room.ts";
import { RoomRefusal } from "./room-refusal.ts";
import type { Rooms } from "./rooms.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The classes of a stream in a layout. */
export interface LayoutClasses {
  readonly id: string;
  readonly layoutClassList: readonly string[];
}

/** The most streams in one change of layout classes. */
export const MAX_LAYOUT_ITEMS = 1000;

/**
 * The calls of servers to the local platform. They throw `RoomRefusal` with the platform's status. A session without connections is
 * unknown: status 404.
 */
export class ServerCalls {
  readonly #rooms: Rooms;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /** Oldest first. */
  connections(sessionId: string): PlatformConnection[] {
    return this.#room(sessionId).connections();
  }

  /** Oldest first; a session without streams is refused with status 404, as on the platform. */
  streams(sessionId: string): PlatformStream[] {
    const streams = this.#room(sessionId).streams();
    if (streams.length === 0) throw new RoomRefusal(404, "the session has no streams");
    return streams;
  }

  /** The platform refuses a malformed stream ID with status 408. */
  stream(sessionId: string, streamId: string): PlatformStream {
    const room = this.#room(sessionId);
    checkId("stream", streamId, 408);
    const stream = room.stream(streamId);
    if (stream === undefined) throw noStream();
    return stream;
  }

  disconnect(sessionId: string, connectionId: string, now: Date): void {
    const room = this.#room(sessionId);
    checkId("connection", connectionId);
    if (!room.remove(connectionId, LeaveReason.FORCE_DISCONNECTED, now)) throw noConnection();
  }

  muteStream(sessionId: string, streamId: string): void {
    const room = this.#room(sessionId);
    checkId("stream", streamId);
    if (!room.mute(streamId)) throw noStream();
  }

  /** Excluded streams that the session does not have are ignored. */
  muteAll(sessionId: string, active: boolean, excludedStreamIds: readonly string[]): void {
    this.#room(sessionId).muteAll(active, excludedStreamIds);
  }

  /** @param connectionId null for all connections */
  signal(sessionId: string, connectionId: string | null, signal: Signal): void {
    const room = this.#room(sessionId);
    if (connectionId !== null) checkId("connection", connectionId);
    const problem = tooLargeIn(signal);
    if (problem !== null) throw new RoomRefusal(413, `${problem.field} ${problem.rule}`);
    if (!room.signal("", connectionId, signal.type, signal.data)) throw noConnection();
  }

  /** Changes the layout classes of all these streams, or of none. */
  setLayoutClasses(sessionId: string, items: readonly LayoutClasses[]): void {
    const room = this.#room(sessionId);
    if (items.length > MAX_LAYOUT_ITEMS)
      throw new RoomRefusal(400, `items must have at most ${MAX_LAYOUT_ITEMS} streams`);
    for (const { id, layoutClassList } of items) {
      if (room.stream(id) === undefined)
        throw new RoomRefusal(400, "items must have IDs of streams of the session");
      checkClasses(layoutClassList);
    }
    for (const { id, layoutClassList } of items) room.setLayoutClasses(id, layoutClassList);
  }

  #room(sessionId: string): Room {
    if (ownerOf(sessionId) === null) throw new RoomRefusal(400, "the session ID is malformed");
    // Nobody can join another project's session.
    const room = this.#rooms.room(sessionId);
    if (room === undefined) throw new RoomRefusal(404, "nobody is connected to the session");
    return room;
  }
}

function checkClasses(layoutClassList: readonly string[]): void {
  if (layoutClassList.some((name) => name === "" || /\s/.test(name)))
    throw new RoomRefusal(400, "layoutClassList must have one class name in each item, without white space");
  if (layoutClassList.join(" ").length > MAX_LAYOUT_CLASSES_LENGTH)
    throw new RoomRefusal(
      400,
      `layoutClassList must be at most ${MAX_LAYOUT_CLASSES_LENGTH} characters, joined by spaces`,
    );
}

function checkId(what: "connection" | "stream", id: string, status: 400 | 408 = 400): void {
  if (!UUID.test(id)) throw new RoomRefusal(status, `the ${what} ID is malformed; it must be a UUID`);
}

function noConnection(): RoomRefusal {
  return new RoomRefusal(404, "the client is not connected to the session");
}

function noStream(): RoomRefusal {
  return new RoomRefusal(404, "the session has no such stream");
}
