import { describe, expect, it } from "vitest";
import { IssuanceInterval, periodOf } from "../../src/domain/issuance.ts";
import type { IssuedToken } from "../../src/domain/issued-token.ts";
import { Role } from "../../src/domain/role.ts";
import { LedgerUnavailable } from "../../src/errors.ts";
import { count, issued } from "../support/records.ts";
import { ENGINES, newStore } from "../support/stores.ts";

describe.each(ENGINES)("the ledger on %s", (engine) => {
  it("gives back what was recorded, newest first, from any position on", async () => {
    const { ledger } = await newStore(engine);
    for (const id of ["a", "b", "c", "d"]) {
      await ledger.record([issued(id)]);
      await ledger.record([issued(id, { sessionId: "1_b" })]);
    }
    const page = await ledger.newest(["1_a"], 2, null);
    expect(page.map((recorded) => recorded.issued)).toEqual([issued("d"), issued("c")]);
    const rest = await ledger.newest(["1_a"], 10, page[1]?.position ?? 0);
    expect(rest.map((recorded) => recorded.issued)).toEqual([issued("b"), issued("a")]);
    expect(await ledger.newest(["1_c"], 10, null)).toEqual([]);
    const both = await ledger.newest(["1_b", "1_c", "1_a"], 2, page[0]?.position ?? 0);
    expect(both.map(({ issued }) => [issued.sessionId, issued.id])).toEqual([
      ["1_b", "c"],
      ["1_a", "c"],
      ["1_b", "b"],
      ["1_a", "b"],
    ]);
  });

  it("records all that arrive together", async () => {
    const { ledger } = await newStore(engine);
    const ids = count(1200, (i) => `id-${i}`);
    await Promise.all(ids.map((id) => ledger.record([issued(id)])));
    const found = await ledger.newest(["1_a"], 2000, null);
    expect(found.map((recorded) => recorded.issued.id).reverse()).toEqual(ids);
  });

  it("records a thousand in their order, beside others, or none of them", async () => {
    const { ledger } = await newStore(engine);
    const ids = count(1000, (i) => `id-${i}`);
    const many = ids.map((id) => issued(id));
    await Promise.all([
      ledger.record([issued("before")]),
      ledger.record(many),
      ledger.record([issued("after")]),
      ledger.record([]),
    ]);
    const idsFound = async () =>
      (await ledger.newest(["1_a"], 3000, null)).map(({ issued }) => issued.id).reverse();
    expect(await idsFound()).toEqual(["before", ...ids, "after"]);

    const spoiled = [...many, issued("spoiled", { issuedTo: null as unknown as string })];
    await expect(ledger.record(spoiled)).rejects.toThrow(LedgerUnavailable);
    expect(await idsFound()).toHaveLength(1002);
  });

  it("forgets what is old, in steps from the oldest, and nothing else", async () => {
    const { ledger } = await newStore(engine);
    for (let i = 0; i < 10; i++) await ledger.record([issued(`${i}`, { issuedAt: new Date(1000 + i) })]);
    const step = async (before: number, position: number | null) => {
      const { forgotten, last } = await ledger.purge(new Date(before), 3, position);
      return { forgotten, last: last ?? 0 };
    };
    expect((await step(1000, null)).forgotten).toBe(0);
    const first = await step(1005, null);
    expect(first.forgotten).toBe(3);
    const second = await step(1005, first.last);
    expect(second.forgotten).toBe(2);
    expect((await step(1005, second.last)).forgotten).toBe(0);
    expect((await step(1005, null)).forgotten).toBe(0);
    expect(await ledger.purge(new Date(1005), 3, 1_000_000)).toEqual({ forgotten: 0, last: null });
    const left = await ledger.newest(["1_a"], 20, null);
    expect(left.map((recorded) => recorded.issued.id)).toEqual(["9", "8", "7", "6", "5"]);
  });

  it("counts the records of a session, and no other's", async () => {
    const { ledger } = await newStore(engine);
    await ledger.record(["a", "b", "c"].map((id) => issued(id)));
    await ledger.record([issued("d", { sessionId: "1_b" })]);
    expect(await ledger.count(["1_a"], 100)).toEqual([3]);
    expect(await ledger.count(["1_b"], 100)).toEqual([1]);
    expect(await ledger.count(["1_c"], 100)).toEqual([0]);
    expect(await ledger.count(["1_a"], 2)).toEqual([2]);
    expect(await ledger.count(["1_c", "1_a", "1_b"], 2)).toEqual([0, 2, 1]);
  });

  describe("tallies its records", () => {
    const { MINUTE, HOUR, DAY } = IssuanceInterval;
    /** A midnight, and so the border of two periods of every interval. */
    const BORDER = 20_000 * DAY;

    it("by the hour, the role and the session", async () => {
      const { ledger } = await newStore(engine);
      const at = (hours: number, more: Partial<IssuedToken>) =>
        issued("x", { issuedAt: new Date(BORDER + hours * HOUR), ...more });
      await ledger.record([
        at(0, { role: Role.MODERATOR }),
        at(0.5, { role: Role.MODERATOR }),
        at(0.9, { role: Role.SUBSCRIBER }),
        at(1, { role: Role.MODERATOR }),
        at(0, { role: Role.MODERATOR, sessionId: "1_b" }),
      ]);
      const { tallies, end } = await ledger.tally(HOUR, 100, null, null);
      const first = BORDER / HOUR;
      const inFirst = { period: first, count: 1, role: Role.MODERATOR, sessionId: "1_a" };
      expect(tallies).toHaveLength(4);
      expect(tallies).toEqual(
        expect.arrayContaining([
          { ...inFirst, count: 2 },
          { ...inFirst, role: Role.SUBSCRIBER },
          { ...inFirst, period: first + 1 },
          { ...inFirst, sessionId: "1_b" },
        ]),
      );
      expect(end).toMatchObject({ latest: first + 1 });
    });

    it.each([
      ["minute", MINUTE],
      ["hour", HOUR],
      ["day", DAY],
    ])("by the %s, which begins with its first millisecond", async (_, interval) => {
      const { ledger } = await newStore(engine);
      const instants = [-interval - 1, -interval, -1, 0, 1, interval - 1, interval].map(
        (offset) => new Date(BORDER + offset),
      );
      for (const issuedAt of instants) await ledger.record([issued("x", { issuedAt })]);
      const { tallies, end } = await ledger.tally(interval, 100, null, null);
      const second = BORDER / interval;
      expect(tallies.map(({ period, count }) => [period, count]).sort(([a = 0], [b = 0]) => a - b)).toEqual([
        [second - 2, 1],
        [second - 1, 2],
        [second, 3],
        [second + 1, 1],
      ]);
      expect(end).toMatchObject({ latest: second + 1 });
      expect(instants.map((instant) => periodOf(instant, interval) - second)).toEqual([
        -2, -1, -1, 0, 0, 0, 1,
      ]);
    });

    it("from the newest back, as many as it is told to, and says where it ends", async () => {
      const { ledger } = await newStore(engine);
      // Not in the order of time: the clocks of servers differ.
      const hours = [0, 9, 3, 1, 4];
      for (const hour of hours) {
        await ledger.record([issued(`${hour}`, { issuedAt: new Date(BORDER + hour * HOUR) })]);
      }
      const first = BORDER / HOUR;
      const newest = await ledger.newest(["1_a"], 10, null);
      const page = await ledger.tally(HOUR, 3, null, null);
      expect(page.tallies.map(({ period }) => period - first).sort()).toEqual([1, 3, 4]);
      expect(page.end).toEqual({ position: newest[2]?.position, latest: first + 4 });
      const rest = await ledger.tally(HOUR, 3, page.end?.position ?? 0, null);
      expect(rest.tallies.map(({ period }) => period - first).sort()).toEqual([0, 9]);
      expect(rest.end).toEqual({ position: newest[4]?.position, latest: first + 9 });
      expect(await ledger.tally(HOUR, 3, rest.end?.position ?? 0, null)).toEqual({ tallies: [], end: null });
    });

    it("each of them once, however they are paged", async () => {
      const { ledger } = await newStore(engine);
      await ledger.record(
        count(50, (i) =>
          issued(`${i}`, {
            role: i % 2 ? Role.PUBLISHER : Role.MODERATOR,
            sessionId: `1_${i % 2}`,
            issuedAt: new Date(BORDER + i * 7 * MINUTE),
          }),
        ),
      );
      const sums = async (limit: number) => {
        const counted: Record<string, number> = {};
        let position: number | null = null;
        for (;;) {
          const { tallies, end } = await ledger.tally(HOUR, limit, position, null);
          for (const { period, role, sessionId, count } of tallies) {
            const key = [period, role, sessionId].join();
            counted[key] = (counted[key] ?? 0) + count;
          }
          if (end === null) return counted;
          position = end.position;
        }
      };
      const atOnce = await sums(1000);
      expect(Object.values(atOnce).reduce((sum, count) => sum + count)).toBe(50);
      for (const limit of [1, 7, 25, 50]) expect(await sums(limit)).toEqual(atOnce);
    });

    it("for sessions with IDs that begin alike together, so that a long ledger gives few counts", async () => {
      const { ledger } = await newStore(engine);
      const sessions = ["1_aa1", "1_aa2", "1_aa3", "1_bb1"];
      await ledger.record(
        sessions.map((sessionId) => issued(sessionId, { sessionId, issuedAt: new Date(BORDER) })),
      );
      const { tallies } = await ledger.tally(HOUR, 100, null, 4);
      const counted = await ledger.countWalk({ issuedTo: null, range: {} }, {}, 100, 4);
      for (const counts of [tallies, counted])
        expect(counts.map(({ sessionId, count }) => [sessionId, count]).sort()).toEqual([
          ["1_aa1", 3],
          ["1_bb1", 1],
        ]);
    });

    it("when there are none", async () => {
      const { ledger } = await newStore(engine);
      expect(await ledger.tally(HOUR, 100, null, null)).toEqual({ tallies: [], end: null });
    });
  });

  it("keeps nothing of a check", async () => {
    const { ledger, database } = await newStore(engine);
    await ledger.check();
    await ledger.check();
    expect(await database.kysely.selectFrom("issued_tokens").selectAll().execute()).toEqual([]);
  });
});
