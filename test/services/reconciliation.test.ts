import fc from "fast-check";
import { sql } from "kysely";
import { expect, it, onTestFinished, vi } from "vitest";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { LeaveReason, type Participant } from "../../src/domain/participant.ts";
import type { PlatformConnection, PlatformStream } from "../../src/platform/platform.ts";
import { ParticipantService } from "../../src/services/participants.ts";
import { INTERVAL, LEASE, reconcile, reconcileRegularly } from "../../src/services/reconciliation.ts";
import { UNSHARED } from "../../src/shares/shares.ts";
import { openTokKeyRing } from "../../src/signing/key-ring.ts";
import { SigningService } from "../../src/signing/signing-service.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import type { Participants } from "../../src/store/store.ts";
import { count } from "../support/records.ts";
import { byId, historicRooms, histories, type Truth } from "../support/room-histories.ts";
import { ENGINES, type EngineName, newStore } from "../support/stores.ts";

const T = 1_795_500_000_000;
const MINUTE = 60_000;

/** A store whose clock the test sets, the service over it, and a platform whose lists the test makes. */
async function start(engine: EngineName) {
  const { database } = await newStore(engine);
  const clock = { now: T };
  const store = sqlStore({ ...database, engine: { ...database.engine, clock: sql`${sql.lit(clock.now)}` } });
  /** A store with the clock of this moment. */
  const participants = () =>
    sqlStore({ ...database, engine: { ...database.engine, clock: sql`${sql.lit(clock.now)}` } }).participants;
  const service = new ParticipantService({
    applicationId: "1",
    signing: new SigningService(openTokKeyRing("1", "secret")),
    sessions: store.sessions,
    participants: store.participants,
    shares: UNSHARED,
    onApplied() {},
  });
  const skipped: [number, string][] = [];
  const failures: unknown[] = [];
  const listener = {
    onSkipped: (sessions: number, cause: unknown) => skipped.push([sessions, (cause as Error).message]),
    onFailure: (error: unknown) => failures.push(error),
  };
  return {
    clock,
    participants,
    service,
    skipped,
    failures,
    listener,

    /** A reconciliation when the last one was long enough ago. */
    run(platform: Lists, at = T + MINUTE, stopping = new AbortController().signal) {
      clock.now += INTERVAL;
      return reconcile(
        { participants: participants(), platform, now: () => new Date(at) },
        listener,
        stopping,
      );
    },

    async rows(sessionId: string): Promise<Participant[]> {
      const found = await participants().pages([sessionId], false, 1000, null);
      return found.map(({ participant }) => participant);
    },
  };
}

interface Lists {
  connections(sessionId: string): Promise<PlatformConnection[]>;
  streams(sessionId: string): Promise<PlatformStream[]>;
}

const listing = (
  connections: Readonly<Record<string, readonly string[]>>,
  streams: readonly string[] = [],
): Lists => ({
  connections: async (sessionId) =>
    (connections[sessionId] ?? []).map((connectionId) => ({
      connectionId,
      isConnected: true,
      createdAt: new Date(T),
    })),
  streams: async () =>
    streams.map((streamId) => ({ streamId, name: "", videoType: null, layoutClassList: [] })),
});

const common = (sessionId: string) => ({ sessionId, projectId: "1", timestamp: T });
const connection = (id: string, at = 0) => ({ id, createdAt: T + at, data: `data of ${id}` });
const created = (sessionId: string, id: string, at = 0): MonitoringEvent => ({
  ...common(sessionId),
  event: "connectionCreated",
  connection: connection(id, at),
});
const published = (sessionId: string, of: string, id: string, at = 0): MonitoringEvent => ({
  ...common(sessionId),
  event: "streamCreated",
  stream: { id, connection: connection(of), createdAt: T + at, name: id },
});

it.each(["SQLite in memory", "PostgreSQL"] as const)(
  "one run finds the truth of a room on %s, whatever got lost; what comes late adds the rest",
  async (engine) => {
    const { service, participants, run, rows } = await start(engine);
    const { rooms, play } = historicRooms();
    const platform: Lists = {
      connections: async (sessionId) => rooms.room(sessionId)?.connections() ?? [],
      streams: async (sessionId) => rooms.room(sessionId)?.streams() ?? [],
    };
    const truthOf = async (sessionId: string): Promise<Truth[]> => {
      const found = await rows(sessionId);
      const streams = await participants().streams(["none", ...found.map(({ id }) => id)]);
      return found
        .map(({ id, connectionId, data, joinedAt, leftAt, leaveReason }) => ({
          id: connectionId,
          data,
          joinedAt: joinedAt.getTime(),
          leave: leftAt && leaveReason && { at: leftAt.getTime(), reason: leaveReason },
          streams: streams
            .filter(({ participantId }) => participantId === id)
            .map(({ name }) => name ?? "")
            .sort(),
        }))
        .sort(byId);
    };
    let session = 0;
    let found = 0;
    await fc.assert(
      fc.asyncProperty(histories(0), async (history) => {
        session += 1;
        const sessionId = `1_${session}`;
        const { events, arrived, truth, now } = play(sessionId, history);
        await service.apply(arrived);
        const isOccupied = (await participants().count([sessionId], 1))[0] === 1;
        await run(platform, now.getTime() + MINUTE);
        const reconciled = await truthOf(sessionId);
        const real = new Map(truth.map((each) => [each.id, each]));
        if (isOccupied) {
          found += 1;
          const present = (all: readonly Truth[]) =>
            all.filter(({ leave }) => leave === null).map(({ id, joinedAt }) => [id, joinedAt]);
          expect(present(reconciled)).toEqual(present(truth));
        }
        for (const { id, data, leave, streams } of reconciled) {
          if (data !== null) expect(data).toBe(real.get(id)?.data);
          if (leave && leave.reason !== LeaveReason.UNKNOWN) expect(leave).toEqual(real.get(id)?.leave);
          for (const name of streams) expect(real.get(id)?.streams).toContain(name);
        }
        await service.apply([...events].reverse());
        expect(await truthOf(sessionId)).toEqual(truth);
        // So that the next run has one room only to compare.
        for (const { connectionId } of await platform.connections(sessionId))
          rooms.room(sessionId)?.remove(connectionId, LeaveReason.CLIENT_DISCONNECTED, now);
        await run(platform, now.getTime() + MINUTE);
      }),
      { numRuns: engine === "PostgreSQL" ? 15 : 300 },
    );
    expect(found).toBeGreaterThan(5);
  },
  60_000,
);

it.each(ENGINES)("who is not listed has left, unless it joined just now, on %s", async (engine) => {
  const { service, run, rows } = await start(engine);
  await service.apply([created("1_a", "old"), created("1_a", "new", 50_001), created("1_a", "here")]);
  await run(listing({ "1_a": ["here"] }));
  const found = (await rows("1_a")).map(({ connectionId, leaveReason, leftAt }) => [
    connectionId,
    leaveReason,
    leftAt?.getTime(),
  ]);
  expect(found).toEqual([
    ["new", null, undefined],
    ["here", null, undefined],
    ["old", LeaveReason.UNKNOWN, T + MINUTE],
  ]);
});

it("who is listed is present, whether its event was lost or a list was wrong before", async () => {
  const { service, run, rows } = await start("SQLite in memory");
  await service.apply([created("1_a", "a"), created("1_a", "b")]);
  await run(listing({ "1_a": ["b"] }));
  const connecting = { connectionId: "d", isConnected: false, createdAt: null };
  const ageless = { connectionId: "e", isConnected: true, createdAt: null };
  const { connections, streams } = listing({ "1_a": ["a", "b", "c"] });
  await run({
    streams,
    connections: async (sessionId) => [...(await connections(sessionId)), connecting, ageless],
  });
  const found = (await rows("1_a")).map(({ connectionId, data, leftAt, joinedAt }) => [
    connectionId,
    data,
    leftAt,
    joinedAt.getTime(),
  ]);
  expect(found.sort()).toEqual([
    ["a", null, null, T],
    ["b", "data of b", null, T],
    ["c", null, null, T],
    ["e", null, null, T + MINUTE],
  ]);
});

it("open streams that are not listed have ended, unless they began just now", async () => {
  const { service, run, participants } = await start("SQLite in memory");
  await service.apply([
    published("1_a", "a", "gone"),
    published("1_a", "a", "there"),
    published("1_a", "a", "new", 50_001),
  ]);
  await run(listing({ "1_a": ["a"] }, ["there", "of somebody"]));
  expect((await participants().streams(["p_a"])).map(({ id }) => id)).toEqual(["there", "new"]);
});

it("a session that the platform does not list is left as it is, and the others are compared", async () => {
  const { service, run, rows, skipped } = await start("SQLite in memory");
  const sessions = count(12, (i) => `1_${i + 10}`);
  await service.apply(sessions.map((sessionId) => created(sessionId, `in ${sessionId}`)));
  const asked: string[] = [];
  await run({
    ...listing({}),
    connections: async (sessionId) => {
      asked.push(sessionId);
      if (sessionId === "1_13" || sessionId === "1_21") throw new Error("the platform is away");
      return [];
    },
  });
  expect(asked.sort()).toEqual(sessions);
  expect(skipped).toEqual([[2, "the platform is away"]]);
  const present = await Promise.all(
    sessions.map(async (sessionId) => ((await rows(sessionId))[0]?.leftAt === null ? [sessionId] : [])),
  );
  expect(present.flat()).toEqual(["1_13", "1_21"]);
});

it("a database that fails during a run ends it, and it stays due", async () => {
  const { service, participants, listener, clock, rows } = await start("SQLite in memory");
  await service.apply([created("1_a", "a")]);
  const failing = { ...participants(), present: () => Promise.reject(new Error("away")) };
  const run = (of: Participants) =>
    reconcile(
      { participants: of, platform: listing({}), now: () => new Date(T + MINUTE) },
      listener,
      new AbortController().signal,
    );
  await expect(run(failing)).rejects.toThrow("away");
  clock.now += LEASE;
  expect(await run(participants())).toBe(true);
  expect((await rows("1_a"))[0]?.leaveReason).toBe(LeaveReason.UNKNOWN);
});

it.each(ENGINES)(
  "one replica runs at a time; if it dies, another one does within a minute, on %s",
  async (engine) => {
    const { service, participants, clock, listener, rows } = await start(engine);
    const run = () =>
      reconcile(
        { participants: participants(), platform: listing({}), now: () => new Date(T + MINUTE) },
        listener,
        new AbortController().signal,
      );
    // Nothing is due where nobody is.
    expect(await run()).toBe(false);
    await service.apply([created("1_a", "a")]);
    const dead = (await participants().lease.take(LEASE, INTERVAL)) ?? "";
    expect(dead).not.toBe("");
    clock.now += LEASE - 1;
    expect(await run()).toBe(false);
    expect(await participants().lease.renew(dead, LEASE)).toBe(true);
    clock.now += LEASE - 1;
    expect(await run()).toBe(false);
    clock.now += 1;
    expect(await run()).toBe(true);
    expect((await rows("1_a"))[0]?.leaveReason).toBe(LeaveReason.UNKNOWN);
    // Whoever lost the lease changes nothing any more.
    const seen = { sessionId: "1_a", connectionId: "b", joinedAt: T, data: null, leave: null, stream: null };
    expect(
      await participants().lease.apply(dead, [{ seen: { ...seen, isListed: true }, fingerprints: [] }]),
    ).toBe(false);
    expect(await participants().lease.renew(dead, LEASE)).toBe(false);
    await participants().lease.end(dead);
    expect(await rows("1_a")).toHaveLength(1);
    // The next run is due after the interval.
    await service.apply([created("1_a", "c")]);
    clock.now += INTERVAL - 1;
    expect(await run()).toBe(false);
    clock.now += 1;
    expect(await run()).toBe(true);
  },
);

it("a stop does not wait for the platform, and leaves the run to another replica", async () => {
  const { service, participants, listener, clock, failures } = await start("SQLite in memory");
  await service.apply([created("1_a", "a")]);
  const hanging = { connections: vi.fn(() => new Promise<never>(() => {})), streams: async () => [] };
  const background = reconcileRegularly(
    { participants: participants(), platform: hanging, now: () => new Date() },
    listener,
  );
  onTestFinished(() => background.stop());
  await vi.waitFor(() => expect(hanging.connections).toHaveBeenCalled());
  await background.stop();
  expect(failures).toEqual([]);
  clock.now += LEASE;
  expect(await participants().lease.take(LEASE, INTERVAL)).not.toBeNull();
});
