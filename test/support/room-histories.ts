import fc from "fast-check";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { LeaveReason } from "../../src/domain/participant.ts";
import { Role } from "../../src/domain/role.ts";
import type { Participant } from "../../src/platform/emulator/participant.ts";
import { Rooms } from "../../src/platform/emulator/rooms.ts";

/** When the first thing happens. Each next one is a second later. */
const START = 1_795_500_000_000;

/** What clients do, each of one of those who are there. */
interface Act {
  readonly kind: "join" | "leave" | "publish" | "unpublish";
  readonly who: number;
  readonly reason: LeaveReason;
}

/** Something that happens in a room, and how often and when its events arrive. */
export interface History {
  readonly acts: readonly Act[];
  /** For each event, in turn: a place in the order of arrival for each copy that arrives. */
  readonly arrivals: readonly (readonly number[])[];
}

const REASONS = [
  LeaveReason.CLIENT_DISCONNECTED,
  LeaveReason.FORCE_DISCONNECTED,
  LeaveReason.NETWORK_DISCONNECTED,
];

/** @param fewest the fewest copies of an event that arrive; none for events that get lost */
export const histories = (fewest: 0 | 1): fc.Arbitrary<History> =>
  fc.record({
    acts: fc.array(
      fc.record({
        kind: fc.constantFrom("join", "join", "leave", "publish", "publish", "unpublish"),
        who: fc.nat(100),
        reason: fc.constantFrom(...REASONS),
      }),
      { minLength: 1, maxLength: 40 },
    ) as fc.Arbitrary<Act[]>,
    arrivals: fc.array(fc.array(fc.nat(1_000_000), { minLength: fewest, maxLength: 3 }), {
      minLength: 1,
      maxLength: 60,
    }),
  });

/** Who was in a room, as the room itself knows it. */
export interface Truth {
  readonly id: string;
  readonly data: string | null;
  readonly joinedAt: number;
  readonly leave: { readonly at: number; readonly reason: LeaveReason } | null;
  /** The names of its streams. */
  readonly streams: readonly string[];
}

/** The local platform's rooms, in which histories happen, each in a session of its own. */
export function historicRooms() {
  let events: MonitoringEvent[] = [];
  const rooms = new Rooms("1", (event) => events.push(event));

  /** Plays a history, and resolves to its events, those that arrive in order of arrival, and the truth. */
  const play = (sessionId: string, { acts, arrivals }: History) => {
    events = [];
    const all = new Map<string, Truth>();
    const present: Participant[] = [];
    const client = { receive() {}, end() {} };
    let now = START;
    for (const { kind, who, reason } of acts) {
      now += 1000;
      const at = new Date(now);
      const participant = present[who % present.length];
      if (kind === "join") {
        const data = who % 5 === 0 ? "" : `data of ${who}`;
        const grant = { sessionId, role: Role.PUBLISHER, data, initialLayoutClassList: [] };
        const joined = rooms.join(grant, client, at).participant;
        present.push(joined);
        const { connectionId: id, createdAt } = joined.connection;
        all.set(id, { id, data: data || null, joinedAt: createdAt, leave: null, streams: [] });
      } else if (participant && kind === "leave") {
        const { connectionId } = participant.connection;
        present.splice(present.indexOf(participant), 1);
        rooms.room(sessionId)?.remove(connectionId, reason, at);
        const known = all.get(connectionId) as Truth;
        all.set(connectionId, { ...known, data: null, leave: { at: now, reason } });
      } else if (participant && kind === "publish" && participant.streams.size < 3) {
        rooms.room(sessionId)?.publish(participant, `stream at ${now}`, who % 2 ? "screen" : null, at);
      } else if (participant && kind === "unpublish") {
        const [stream] = participant.streams;
        if (stream) rooms.room(sessionId)?.endStream(stream.stream.streamId, reason, at);
      }
    }
    for (const { connection, streams } of present) {
      const names = [...streams].map(({ stream }) => stream.name).sort();
      all.set(connection.connectionId, { ...(all.get(connection.connectionId) as Truth), streams: names });
    }
    const arriving = events.flatMap((event, i) =>
      (arrivals[i % arrivals.length] ?? []).map((place) => ({ event, place })),
    );
    arriving.sort((a, b) => a.place - b.place);
    return {
      events,
      arrived: arriving.map(({ event }) => event),
      truth: [...all.values()].sort(byId),
      now: new Date(now),
    };
  };
  return { rooms, play };
}

export const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);
