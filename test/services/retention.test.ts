import { sql } from "kysely";
import { describe, it, type TestContext } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { DEFAULT_ROLE } from "../../src/domain/grant.ts";
import { LeaveReason } from "../../src/domain/participant.ts";
import type { Gap } from "../../src/domain/retention.ts";
import { forgetOld } from "../../src/services/retention.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import { LONG } from "../support/long.ts";
import { ENGINES, type EngineName, newDatabaseUrl, openStore } from "../support/stores.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const DAYS = 90;
const START = Date.parse("2026-11-28T00:00:00.000Z");

/** How often a server looks for old records at the same time of its clock. */
const LOOKS = LONG ? 20 : 3;

/** A server with a clock that the test sets: the database's, which on SQLite is the server's, too. */
async function startServer(engine: EngineName, { onTestFinished }: TestContext) {
  const url = await newDatabaseUrl(engine, { whenOver: onTestFinished });
  const { database } = await openStore(url, onTestFinished);
  const clock = { now: START };
  const of = () => sqlStore({ ...database, engine: { ...database.engine, clock: sql.lit(clock.now) } });
  const purged: number[] = [];
  const kept: Gap[] = [];
  const failures: unknown[] = [];
  let issued = 0;
  return {
    clock,
    purged,
    kept,
    failures,
    database,

    /** Issues tokens by a clock, the database's unless another one is given. */
    async issue(issuedAt = clock.now, count = 1) {
      const records = Array.from({ length: count }, (_, i) => ({
        id: `${issued + i + 1}`,
        sessionId: "1_a",
        role: DEFAULT_ROLE,
        format: TokenFormat.JWT,
        issuedTo: "somebody",
        issuedAt: new Date(issuedAt),
        expiresAt: new Date(issuedAt + DAY),
        identity: null,
        revokedAt: null,
        fingerprint: null,
      }));
      issued += count;
      await of().ledger.record(records);
    },

    /** What a server does every ten minutes, so many times. */
    async run(times: number, each: () => Promise<void> = async () => {}, days: number | null = DAYS) {
      for (let i = 0; i < times; i++) {
        await forgetOld(
          days,
          of(),
          {
            onPurged: (records) => purged.push(records),
            onKept: (gap) => kept.push(gap),
            onFailure: (error) => failures.push(error),
          },
          new AbortController().signal,
        );
        await each();
        clock.now += 10 * MINUTE;
      }
    },

    /** As if it had run for so long, with a note a day. */
    async runFor(days: number) {
      const { now } = clock;
      await database.kysely
        .updateTable("server_runs")
        .set({ seen_at: now + days * DAY })
        .where("began_at", "=", (query) =>
          query.selectFrom("server_runs").select(({ fn }) => fn.max("began_at").as("last")),
        )
        .execute();
      clock.now += days * DAY;
    },

    async left(): Promise<string[]> {
      const rows = await database.kysely
        .selectFrom("issued_tokens")
        .select("id")
        .orderBy("position")
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}

// At once: each waits between its steps.
describe.concurrent.each(ENGINES)("retention on %s", (engine) => {
  it("forgets what is older than the days, to the millisecond, and says how much once", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.issue(START - DAYS * DAY - 1, 1100);
    await server.issue(START - DAYS * DAY);
    await server.issue(START);
    await server.run(1);
    expect(await server.left()).toEqual(["1101", "1102"]);
    expect([server.purged, server.kept]).toEqual([[1100], []]);
    await server.run(1);
    expect(server.purged).toEqual([1100]);
  });

  it("forgets participants who left so long ago, also when the ledger is empty", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    const { participants } = sqlStore(server.database);
    const of = (connectionId: string, at: number | null) => ({
      seen: {
        sessionId: "1_a",
        connectionId,
        joinedAt: START - 1000 * DAY,
        data: null,
        leave: at === null ? null : { at, reason: LeaveReason.OTHER },
        stream: null,
        isListed: false,
      },
      fingerprints: [],
    });
    const old = START - DAYS * DAY - 1;
    await participants.apply([of("present", null), of("old", old), of("older", 0), of("fresh", old + 1)]);
    await server.run(1);
    const left = await participants.findMany(["p_present", "p_old", "p_older", "p_fresh"]);
    expect(left.map(({ connectionId }) => connectionId).sort()).toEqual(["fresh", "present"]);
    expect(server.purged).toEqual([]);
  });

  it("forgets nothing without days, and no more than the newest record says where nothing is issued", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.issue(START - 1000 * DAY);
    await server.run(2, undefined, null);
    expect(await server.left()).toEqual(["1"]);
    await server.run(2);
    expect(await server.left()).toEqual(["1"]);
  });

  it("keeps fresh records when the clock is 100 days ahead at the start, and a server issues tokens by it", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.run(2, () => server.issue());
    // The clock is 100 days ahead, and the server is started again.
    server.clock.now += 100 * DAY;
    await server.run(LOOKS, () => server.issue());
    server.clock.now += MINUTE;
    await server.run(LOOKS, () => server.issue());
    expect(await server.left()).toHaveLength(2 + 2 * LOOKS);
    expect([server.purged, server.failures]).toEqual([[], []]);
    expect(new Set(server.kept.map(({ from, to }) => to - from))).toEqual(new Set([100 * DAY + 10 * MINUTE]));
    // Once in each interval.
    expect(server.kept).toHaveLength(2 * LOOKS);
  });

  it("keeps fresh records of a ledger from before servers noted that they run", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.issue();
    server.clock.now += 100 * DAY;
    await server.run(LOOKS, () => server.issue());
    expect(await server.left()).toHaveLength(1 + LOOKS);
  });

  it("keeps fresh records when the clock jumps ahead again and again", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.run(1, () => server.issue());
    for (let i = 0; i < 5; i++) {
      server.clock.now += 40 * DAY;
      await server.run(2, () => server.issue());
    }
    expect(await server.left()).toHaveLength(11);
  });

  it("goes on as before when the clock is set right", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.issue(START - DAYS * DAY + 15 * MINUTE);
    await server.issue();
    await server.run(1);
    server.clock.now += 100 * DAY;
    await server.run(3, () => server.issue());
    server.clock.now -= 100 * DAY;
    // Nothing yet: the newest record is from the future, so it cannot tell which clock was wrong.
    await server.run(1, () => server.issue());
    expect(server.purged).toEqual([]);
    await server.run(1);
    expect(await server.left()).toEqual(["2", "3", "4", "5", "6"]);
    const runs = await server.database.kysely.selectFrom("server_runs").selectAll().execute();
    expect(runs).toEqual([{ began_at: 0, seen_at: server.clock.now - 10 * MINUTE }]);
  });

  it("forgets old records behind many of a clock that was ahead", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.issue(START + 1000 * DAY, 1000);
    await server.issue(START - 100 * DAY, 700);
    await server.issue();
    await server.run(1);
    expect(server.purged).toEqual([700]);
    expect(await server.left()).toHaveLength(1001);
  });

  it("is not misled by one record from far in the future", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.issue(START - 100 * DAY);
    await server.issue();
    await server.issue(START + 1000 * DAY);
    await server.run(2);
    expect(await server.left()).toEqual(["2", "3"]);
  });

  it("forgets what was issued before a quiet time, once a token is issued again", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.run(1, () => server.issue());
    await server.runFor(200);
    await server.run(1);
    expect(await server.left()).toEqual(["1"]);
    await server.run(1, () => server.issue());
    await server.run(1);
    expect(await server.left()).toEqual(["2"]);
    expect(server.kept).toEqual([]);
  });

  it("forgets what was issued before all servers were stopped, after as many days of running", async (context) => {
    const { expect } = context;
    const server = await startServer(engine, context);
    await server.run(1, () => server.issue());
    server.clock.now += 200 * DAY;
    await server.run(1, () => server.issue());
    await server.runFor(DAYS - 1);
    await server.run(1, () => server.issue());
    expect(await server.left()).toEqual(["1", "2", "3"]);
    await server.runFor(2);
    await server.run(1, () => server.issue());
    await server.run(1);
    expect(await server.left()).toEqual(["3", "4"]);
  });
});

it.concurrent("looks on where it stopped, and from the beginning once it was through", async (context) => {
  const { expect } = context;
  const end = 120 * 500;
  const asked: (number | null)[] = [];
  const { ledger, participants, bans } = sqlStore((await startServer("SQLite in memory", context)).database);
  const store = {
    participants,
    bans,
    runs: {
      clock: async () => START,
      note: async () => ({ now: START, oldest: 0, newest: START, runs: [{ began: 0, seen: START }] }),
    },
    ledger: {
      ...ledger,
      async purge(_before: Date, limit: number, position: number | null) {
        asked.push(position);
        const last = (position ?? 0) + limit;
        return { forgotten: 0, last: last > end ? null : last };
      },
    },
  };
  const listener = { onPurged() {}, onKept() {}, onFailure() {} };
  const purge = (looked: number | null) =>
    forgetOld(1, store, listener, new AbortController().signal, looked);
  expect(await purge(null)).toBe(100 * 500);
  expect(await purge(100 * 500)).toBeNull();
  expect(asked.slice(0, 3)).toEqual([null, null, 500]);
  expect(asked.slice(101)).toEqual([null, ...Array.from({ length: 21 }, (_, i) => (100 + i) * 500)]);
}, 20_000);

it.concurrent("tells what a purge forgot before it failed, and rejects", async (context) => {
  const { expect } = context;
  const server = await startServer("SQLite in memory", context);
  const purged: number[] = [];
  const { ledger, participants, bans } = sqlStore(server.database);
  const store = {
    participants,
    bans,
    runs: {
      clock: async () => START,
      note: async () => ({ now: START, oldest: 0, newest: START, runs: [{ began: 0, seen: START }] }),
    },
    ledger: {
      ...ledger,
      async purge(_before: Date, _limit: number, position: number | null) {
        if (position !== null) throw new Error("away");
        return { forgotten: 7, last: 7 };
      },
    },
  };
  const listener = {
    onPurged: (records: number) => purged.push(records),
    onKept() {},
    onFailure() {},
  };
  await expect(forgetOld(1, store, listener, new AbortController().signal)).rejects.toThrow("away");
  expect(purged).toEqual([7]);
});
