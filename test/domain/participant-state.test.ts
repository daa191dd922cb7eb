import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { type Observation, observationOf } from "../../src/domain/observation.ts";
import { connectionIdOf, LeaveReason } from "../../src/domain/participant.ts";
import { isSame, MAX_STREAMS, merged, type ParticipantState } from "../../src/domain/participant-state.ts";
import { byId, historicRooms, histories, type Truth } from "../support/room-histories.ts";

/** The states after events. */
function statesAfter(events: readonly MonitoringEvent[]): Map<string, ParticipantState> {
  const states = new Map<string, ParticipantState>();
  for (const event of events) {
    const seen = observationOf(event);
    if (seen) states.set(seen.connectionId, merged(states.get(seen.connectionId) ?? null, seen));
  }
  return states;
}

function truthOf(states: ReadonlyMap<string, ParticipantState>): Truth[] {
  return [...states.values()]
    .map(({ id, data, joinedAt, leave, streams }) => ({
      id: connectionIdOf(id),
      data: data || null,
      joinedAt,
      leave,
      streams: [...streams.values()].flatMap(({ name, isEnded }) => (isEnded ? [] : [name ?? ""])).sort(),
    }))
    .sort(byId);
}

it("the platform's events end in the truth, in any order and however often each comes", () => {
  fc.assert(
    fc.property(histories(1), (history) => {
      const { arrived, truth } = historicRooms().play("1_a", history);
      const states = statesAfter(arrived);
      expect(truthOf(states)).toEqual(truth);
      // Once more changes nothing.
      const changes = arrived.filter((event) => {
        const seen = observationOf(event);
        const state = seen && states.get(seen.connectionId);
        return state && !isSame(state, merged(state, seen));
      });
      expect(changes).toEqual([]);
    }),
    { numRuns: 3000 },
  );
}, 60_000);

it("lost events make nobody up, and take nothing back", () => {
  fc.assert(
    fc.property(histories(0), (history) => {
      const { arrived, truth } = historicRooms().play("1_a", history);
      const known = new Map(truth.map((each) => [each.id, each]));
      for (const { id, leave, data, joinedAt } of truthOf(statesAfter(arrived))) {
        const real = known.get(id);
        expect(joinedAt).toBe(real?.joinedAt);
        if (leave !== null) expect({ leave, data }).toEqual({ leave: real?.leave, data: null });
      }
    }),
    { numRuns: 1000 },
  );
}, 60_000);

const JOINED = 1000;
const observed = (more: Partial<Observation>): Observation => ({
  sessionId: "1_a",
  connectionId: "a",
  joinedAt: JOINED,
  data: null,
  leave: null,
  stream: null,
  isListed: false,
  ...more,
});
const left = (at: number, reason: LeaveReason) => observed({ leave: { at, reason } });
const stateAfter = (...all: Observation[]) =>
  all.reduce<ParticipantState | null>((state, seen) => merged(state, seen), null);

describe("the end of a participant", () => {
  const unknown = left(5000, LeaveReason.UNKNOWN);
  const real = left(7000, LeaveReason.CLIENT_DISCONNECTED);

  it("is that of an event, whatever reconciliation found", () => {
    for (const order of [
      [unknown, real],
      [real, unknown],
    ])
      expect(stateAfter(...order)?.leave).toEqual(real.leave);
  });

  it("is the earliest of two", () => {
    const earlier = left(6000, LeaveReason.SERVER_ROTATION);
    expect(stateAfter(real, earlier)?.leave).toEqual(earlier.leave);
    expect(stateAfter(earlier, real)?.leave).toEqual(earlier.leave);
    const same = left(7000, LeaveReason.FORCE_DISCONNECTED);
    expect(stateAfter(same, real)?.leave).toEqual(stateAfter(real, same)?.leave);
  });

  it("is taken back by the platform's list, unless an event said so", () => {
    const listed = observed({ isListed: true });
    expect(stateAfter(observed({ data: "x" }), unknown, listed)).toMatchObject({ leave: null, data: null });
    expect(stateAfter(real, listed)?.leave).toEqual(real.leave);
    expect(stateAfter(unknown, observed({ data: "late" }))).toMatchObject({
      leave: unknown.leave,
      data: null,
    });
  });
});

describe("the streams of a participant", () => {
  const streamOf = (number: number, isEnded = false): Observation => {
    const at = 2000 + number;
    return observed({ stream: { id: `s${number}`, name: null, videoType: null, createdAt: at, isEnded } });
  };
  const idsAfter = (...all: Observation[]) => {
    const open = [...(stateAfter(...all)?.streams.values() ?? [])].filter(({ isEnded }) => !isEnded);
    return open.map(({ id }) => id).sort();
  };

  it("are the latest, in any order, if there are too many", () => {
    const all = Array.from({ length: MAX_STREAMS + 30 }, (_, i) => streamOf(i));
    const latest = all
      .slice(30)
      .map(({ stream }) => stream?.id)
      .sort();
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(idsAfter(...shuffled, ...shuffled.slice(0, 40))).toEqual(latest);
      }),
      { numRuns: 50 },
    );
  });

  it("stay while later ones end, however many", () => {
    const ended = Array.from({ length: 3 * MAX_STREAMS }, (_, i) => [streamOf(i + 1), streamOf(i + 1, true)]);
    const state = stateAfter(streamOf(0), ...ended.flat());
    expect(idsAfter(streamOf(0), ...ended.flat())).toEqual(["s0"]);
    expect(state?.streams.size).toBe(MAX_STREAMS);
  });
});

describe("an event", () => {
  const common = { sessionId: "1_a", projectId: "1", timestamp: 9000 };
  const connection = { id: "a", createdAt: JOINED, data: "x" };
  const stream = { id: "s", connection, createdAt: 2000, name: "n" };
  const event = (one: object) => observationOf({ ...common, ...one } as MonitoringEvent);

  it.each([
    [{ event: "sessionCreated" }],
    [{ event: "sessionDestroyed", reason: "serverRotation" }],
    [{ event: "sessionNotification" }],
    [{ event: "somethingNew", connection }],
    [{ event: "connectionCreated", connection: { ...connection, id: "" } }],
    [{ event: "connectionCreated", connection: { ...connection, id: "a\0" } }],
    [{ event: "connectionCreated", connection: { ...connection, id: "a".repeat(256) } }],
    [{ event: "connectionCreated", connection: { ...connection, createdAt: 1e20 } }],
    [{ event: "connectionCreated", connection: { ...connection, createdAt: 1.5 } }],
    [{ event: "connectionDestroyed", connection, reason: "x", timestamp: Number.NaN }],
    [{ event: "streamCreated", stream: { ...stream, id: "\ud800" } }],
    [{ event: "streamDestroyed", stream: { ...stream, createdAt: -9e15 }, reason: "x" }],
  ])("that is about no participant, or cannot be stored, tells nothing: %j", (one) => {
    expect(event(one)).toBeNull();
  });

  it("tells the reason, or that it is another one", () => {
    const reason = (text: string) =>
      event({ event: "connectionDestroyed", connection, reason: text })?.leave?.reason;
    expect(reason("mediaIdle")).toBe(LeaveReason.MEDIA_IDLE);
    expect(reason("somethingNew")).toBe(LeaveReason.OTHER);
    expect(reason("unknown")).toBe(LeaveReason.OTHER);
  });

  it("tells a stream, with a video type that is video if it is unknown, and a name only if it can be stored", () => {
    const of = (more: object) => event({ event: "streamCreated", stream: { ...stream, ...more } })?.stream;
    expect(of({ videoType: "screen" })).toMatchObject({ name: "n", videoType: "screen" });
    expect(of({ videoType: "hologram" })).toMatchObject({ videoType: "custom" });
    expect(of({ name: "\0" })).toMatchObject({ name: null, videoType: null });
  });

  it("of a stream tells no data if it is empty: the token may have some", () => {
    const of = (data: string) =>
      event({ event: "streamCreated", stream: { ...stream, connection: { ...connection, data } } })?.data;
    expect(of("x")).toBe("x");
    expect(of("")).toBeNull();
  });

  it("tells data with U+0000 only for tokens: it is not stored", () => {
    const seen = event({ event: "connectionCreated", connection: { ...connection, data: "x\0" } });
    expect(seen?.data).toBe("x\0");
    expect(stateAfter(seen as Observation)?.data).toBeNull();
  });
});
