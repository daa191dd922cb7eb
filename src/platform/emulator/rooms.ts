import type { MonitoringEvent } from "../../domain/monitoring-event.ts";
import type { Participant, RoomClient, RoomGrant } from "./participant.ts";
import { Room, type RoomListener } from "./room.ts";
import { eventOf } from "./room-events.ts";
import { RoomRefusal } from "./room-refusal.ts";

/** The most connections of one session. Each hears of each, so the work grows with the square. */
export const MAX_CONNECTIONS_OF_SESSION = 1000;
/** The most connections in all. A room without connections takes no memory, so there are as many rooms at most. */
export const MAX_CONNECTIONS = 5000;

/** The sessions of the local platform in which somebody is. They live in this process only. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #listener: (sessionId: string) => RoomListener;
  #connections = 0;

  /**
   * @param projectId the project that owns the sessions
   * @param onEvent receives each change, in order; it returns at once, and does not call the rooms
   */
  constructor(projectId: string, onEvent: (event: MonitoringEvent) => void) {
    this.#listener = (sessionId) => ({
      onChange: (change, now) => onEvent(eventOf(sessionId, projectId, change, now)),
      onLeft: (room) => {
        this.#connections -= 1;
        if (room.size === 0) this.#rooms.delete(sessionId);
      },
    });
  }

  /** The room of a session; undefined if nobody is in it. */
  room(sessionId: string): Room | undefined {
    return this.#rooms.get(sessionId);
  }

  /**
   * Lets a client into the session of its grant.
   *
   * @throws {RoomRefusal} if the session or this server has too many connections
   */
  join(
    grant: RoomGrant,
    client: RoomClient,
    now: Date,
  ): { readonly room: Room; readonly participant: Participant } {
    const { sessionId } = grant;
    const room = this.#rooms.get(sessionId) ?? new Room(sessionId, this.#listener(sessionId));
    if (room.size >= MAX_CONNECTIONS_OF_SESSION)
      throw new RoomRefusal(429, `a session can have at most ${MAX_CONNECTIONS_OF_SESSION} connections`);
    if (this.#connections >= MAX_CONNECTIONS)
      throw new RoomRefusal(429, `the local platform can have at most ${MAX_CONNECTIONS} connections`);
    this.#rooms.set(sessionId, room);
    this.#connections += 1;
    return { room, participant: room.add(grant, client, now) };
  }
}
