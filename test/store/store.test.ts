import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { IssuanceInterval, periodOf } from "../../src/domain/issuance.ts";
import type { IssuedToken } from "../../src/domain/issued-token.ts";
import { Role } from "../../src/domain/role.ts";
import {
  ArchiveMode,
  ArchiveResolution,
  MediaMode,
  type Session,
  sessionKnownById,
} from "../../src/domain/session.ts";
import {
  ALL_SESSIONS,
  isSelected,
  NO_SESSIONS,
  type SessionSelection,
} from "../../src/domain/session-selection.ts";
import { LedgerUnavailable } from "../../src/errors.ts";
import type { ApiKey, RegisteredSession, SessionNames, SessionPlace } from "../../src/store/store.ts";
import { inOrder } from "../support/in-order.ts";
import { ENGINES, newDatabaseUrl, openStore } from "../support/stores.ts";

const PROJECT = "12345678";
const HOUR = 60 * 60 * 1000;
const session = (sessionId: string, applicationId = PROJECT): Session => ({
  ...sessionKnownById(sessionId, {
    owner: applicationId,
    location: null,
    createdAt: new Date(1_795_500_000_123),
  }),
  mediaMode: MediaMode.ROUTED,
  archiveMode: ArchiveMode.ALWAYS,
  archiveName: "Übung 🙂 'quoted'",
  archiveResolution: ArchiveResolution.FHD_PORTRAIT,
  location: "203.0.113.7",
  e2ee: false,
});

/** The contract of the store's ports, which does not depend on what is behind them. */
describe.each(ENGINES)("the store on %s", (engine) => {
  const newStore = async () => openStore(await newDatabaseUrl(engine));

  describe("the session registry", () => {
    it("gives back what it was given, and nothing for what it was not", async () => {
      const { sessions } = await newStore();
      const bare = sessionKnownById("1_b", { owner: PROJECT, location: null, createdAt: null });
      await sessions.add(session("1_a"));
      await sessions.add({ ...session("1_c"), e2ee: true });
      await sessions.add(bare);
      expect(await sessions.findMany(["1_a"])).toEqual([session("1_a")]);
      expect(await sessions.findMany(["1_b", "1_x"])).toEqual([bare]);
      expect(await sessions.findMany(["1_c"])).toEqual([{ ...session("1_c"), e2ee: true }]);
    });

    it("keeps one session of an ID", async () => {
      const { sessions } = await newStore();
      await sessions.add(session("1_a"));
      await expect(sessions.add(session("1_a"))).rejects.toThrow();
      expect(await sessions.list(PROJECT, ALL_SESSIONS, 10, null)).toHaveLength(1);
    });

    it("lists a project's sessions, newest first, from any position on", async () => {
      const { sessions } = await newStore();
      for (const id of ["1_a", "1_b", "1_c", "1_d"]) {
        await sessions.add(session(id));
        await sessions.add(session(`${id}_other`, "87654321"));
      }
      const ids = async (limit: number, position: number | null) => {
        const after = position === null ? null : { name: null, position };
        const found = await sessions.list(PROJECT, ALL_SESSIONS, limit, after);
        return found.map(({ session }) => session.sessionId);
      };
      expect(await ids(10, null)).toEqual(["1_d", "1_c", "1_b", "1_a"]);
      const [, second] = await sessions.list(PROJECT, ALL_SESSIONS, 2, null);
      expect(await ids(10, second?.position ?? 0)).toEqual(["1_b", "1_a"]);
      expect(await ids(1, second?.position ?? 0)).toEqual(["1_b"]);
    });

    // Values that a pattern, a quotation mark or a database's notion of a character would spoil.
    const names = [
      "room-1",
      "room-2",
      "ROOM-1",
      "room_1",
      "%",
      "'",
      "é-1",
      "🎥-1",
      null,
      "room-1",
      "\ufffc",
      null,
    ];
    it.each<[string, Partial<SessionSelection>]>([
      ["nothing", {}],
      ["an ID", { ids: new Set(["1_0", "1_x"]) }],
      ["a name", { names: new Set(["room-1"]) }],
      ["a prefix", { namePrefixes: ["room-"] }],
      ["a prefix that is a pattern elsewhere", { namePrefixes: ["%", "room_"] }],
      ["a prefix with a quotation mark", { namePrefixes: ["'"] }],
      ["a prefix beyond ASCII", { namePrefixes: ["é", "🎥"] }],
      ["every name", { namePrefixes: [""] }],
      ["IDs, names and prefixes", { ids: new Set(["1_8"]), names: new Set(["%"]), namePrefixes: ["ROOM"] }],
    ])("lists the sessions that are selected by %s, as the domain selects them", async (_, selected) => {
      const { sessions } = await newStore();
      const all = names.map((name, i) => ({ ...session(`1_${i}`), name }));
      for (const one of all) await sessions.add(one);
      const selection = { ...NO_SESSIONS, ...selected };
      const found = await sessions.list(PROJECT, selection, 100, null);
      const expected = all.filter(({ sessionId, name }) => isSelected(selection, sessionId, name));
      expect(found.map((item) => item.session)).toEqual(inOrder(selection, expected));
    });

    it("lists any selection page by page, and counts it: each session once, and no other project's", async () => {
      const { sessions } = await newStore();
      const all = names.map((name, i) => ({ ...session(`1_${i}`), name }));
      for (const one of all) {
        await sessions.add(one);
        await sessions.add({ ...one, sessionId: `${one.sessionId}_other`, applicationId: "87654321" });
      }
      const some = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 4 });
      const selections = fc.record<SessionSelection>({
        all: fc.boolean(),
        ids: some("1_0", "1_1", "1_8", "1_9", "1_11", "1_0_other", "1_x").map((ids) => new Set(ids)),
        names: some("room-1", "ROOM-1", "%", "'", "🎥-1", "lobby").map((chosen) => new Set(chosen)),
        namePrefixes: some("", "room", "room-", "room-1", "%", "é", "🎥", "\ufffc", "x"),
      });
      const readAll = async (selection: SessionSelection, size: number) => {
        const read: Session[] = [];
        let after: SessionPlace | null = null;
        for (;;) {
          const page: RegisteredSession[] = await sessions.list(PROJECT, selection, size, after);
          read.push(...page.map((found) => found.session));
          const last = page.at(-1);
          if (!last) return read;
          after = { name: last.session.name, position: last.position };
        }
      };
      await fc.assert(
        fc.asyncProperty(selections, fc.integer({ min: 1, max: 5 }), async (selection, size) => {
          const selected = all.filter(({ sessionId, name }) => isSelected(selection, sessionId, name));
          expect(await readAll(selection, size)).toEqual(inOrder(selection, selected));
          expect(await sessions.count(PROJECT, selection, 100)).toBe(selected.length);
        }),
      );
      expect(await sessions.count(PROJECT, ALL_SESSIONS, 100)).toBe(names.length);
      expect(await sessions.count(PROJECT, NO_SESSIONS, 100)).toBe(0);
      expect(await sessions.count("11111111", ALL_SESSIONS, 100)).toBe(0);
      const overlapping = {
        ids: new Set(["1_0"]),
        names: new Set(["room-1"]),
        namePrefixes: ["room-", "room-1"],
      };
      expect(await sessions.count(PROJECT, { ...NO_SESSIONS, ...overlapping }, 100)).toBe(3);
      expect(await sessions.count(PROJECT, { ...NO_SESSIONS, ...overlapping }, 2)).toBe(2);
      expect(await sessions.count(PROJECT, ALL_SESSIONS, 3)).toBe(3);
    });
  });

  describe("the names of sessions", () => {
    const LONG = 60_000;
    const named = (sessionId: string, name = "standup") => ({ ...session(sessionId), name });
    const leased = async (names: SessionNames, seen: string | null = null, name = "standup") => {
      const lease = await names.lease(PROJECT, name, seen, LONG);
      if (lease === null) throw new Error("the lease is not to be had");
      return lease;
    };

    it("stand for nothing at first", async () => {
      const { names } = await newStore();
      expect(await names.find(PROJECT, "standup")).toEqual({ assigned: null, current: null, leased: false });
    });

    it("stand for the session that the holder of the lease assigns, which is registered", async () => {
      const { names, sessions } = await newStore();
      const lease = await leased(names);
      expect(await names.find(PROJECT, "standup")).toEqual({ assigned: null, current: null, leased: true });
      expect(await names.assign(lease, named("1_a"))).toBe(true);
      const { current, leased: stillLeased } = await names.find(PROJECT, "standup");
      expect(current?.session).toEqual(named("1_a"));
      expect(current?.age).toBeGreaterThanOrEqual(0);
      expect(current?.age).toBeLessThan(10_000);
      expect(stillLeased).toBe(false);
      expect(await sessions.findMany(["1_a"])).toEqual([named("1_a")]);
    });

    it("are leased to one at a time", async () => {
      const { names } = await newStore();
      const leases = await Promise.all(
        Array.from({ length: 20 }, () => names.lease(PROJECT, "standup", null, LONG)),
      );
      expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
    });

    it("are apart from each other, and from another project's", async () => {
      const { names } = await newStore();
      await leased(names);
      expect(await names.lease(PROJECT, "Standup", null, LONG)).not.toBeNull();
      expect(await names.lease("87654321", "standup", null, LONG)).not.toBeNull();
      expect(await names.find(PROJECT, "standup ")).toEqual({ assigned: null, current: null, leased: false });
    });

    it("are leased again when the lease is given back or has ended, and are lost to its holder", async () => {
      const { names, sessions } = await newStore();
      const first = await leased(names);
      await names.release(PROJECT, "standup", first);
      const second = await names.lease(PROJECT, "standup", null, 0);
      const third = await leased(names);
      expect(await names.assign(first, named("1_a"))).toBe(false);
      expect(await names.assign(second ?? "", named("1_b"))).toBe(false);
      // Whoever lost a lease gives back nobody else's.
      await names.release(PROJECT, "standup", first);
      expect(await names.assign(third, named("1_c"))).toBe(true);
      expect(await names.assign(third, named("1_d"))).toBe(false);
      expect(await sessions.list(PROJECT, ALL_SESSIONS, 10, null)).toHaveLength(1);
    });

    it("are leased only to those who know what they stand for", async () => {
      const { names, sessions } = await newStore();
      await names.assign(await leased(names), named("1_a"));
      expect(await names.lease(PROJECT, "standup", null, LONG)).toBeNull();
      expect(await names.lease(PROJECT, "standup", "1_x", LONG)).toBeNull();
      await names.assign(await leased(names, "1_a"), named("1_b"));
      expect((await names.find(PROJECT, "standup")).current?.session).toEqual(named("1_b"));
      expect(await sessions.findMany(["1_a"])).toEqual([named("1_a")]);
    });

    it("leave nothing when they stand for no session and the lease is given back", async () => {
      const { names, database } = await newStore();
      const rows = () => database.kysely.selectFrom("session_names").selectAll().execute();
      await names.release(PROJECT, "standup", "another lease");
      const lease = await leased(names);
      await names.release(PROJECT, "standup", "another lease");
      expect(await rows()).toHaveLength(1);
      await names.release(PROJECT, "standup", lease);
      expect(await rows()).toEqual([]);

      await names.assign(await leased(names), named("1_a"));
      await names.release(PROJECT, "standup", await leased(names, "1_a"));
      expect(await rows()).toMatchObject([{ session_id: "1_a", lease_id: null, leased_until: null }]);
    });

    it("are cleared when they stand for no session and their lease has ended, as the next name is leased", async () => {
      const { names, database } = await newStore();
      await names.assign(await leased(names, null, "assigned"), named("1_a", "assigned"));
      await names.lease(PROJECT, "assigned", "1_a", 0);
      await leased(names, null, "leased");
      await names.lease(PROJECT, "ended", null, 0);
      // As the version before gives a lease back.
      await database.kysely
        .insertInto("session_names")
        .values({ application_id: "87654321", name: "given back" })
        .execute();
      await leased(names, null, "next");
      const left = await database.kysely.selectFrom("session_names").select("name").orderBy("name").execute();
      expect(left.map(({ name }) => name)).toEqual(["assigned", "leased", "next"]);
    });

    it("are never cleared while their holder assigns a session", async () => {
      const { names } = await newStore();
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          const lease = await names.lease(PROJECT, `room ${i}`, null, i % 2 === 0 ? 0 : LONG);
          return names.assign(lease ?? "", named(`1_${i}`, `room ${i}`));
        }),
      );
      for (const [i, assigned] of outcomes.entries()) {
        if (i % 2 === 1) expect(assigned).toBe(true);
        const { current } = await names.find(PROJECT, `room ${i}`);
        expect(current?.session.sessionId).toBe(assigned ? `1_${i}` : undefined);
      }
    });

    it("go on standing for what they did when the new session cannot be registered", async () => {
      const { names, sessions } = await newStore();
      await sessions.add(session("1_a"));
      const lease = await leased(names);
      await expect(names.assign(lease, named("1_a"))).rejects.toThrow();
      expect(await names.find(PROJECT, "standup")).toEqual({ assigned: null, current: null, leased: true });
    });
  });

  describe("the ledger", () => {
    const issued = (id: string, more: Partial<IssuedToken> = {}): IssuedToken => ({
      id,
      sessionId: "1_a",
      role: Role.PUBLISHER_ONLY,
      format: TokenFormat.T1,
      issuedTo: "Übung 🙂 'quoted'",
      issuedAt: new Date(1_795_500_000_123),
      expiresAt: new Date(1_795_586_400_000),
      ...more,
    });

    it("gives back what was recorded, newest first, from any position on", async () => {
      const { ledger } = await newStore();
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
      const { ledger } = await newStore();
      const ids = Array.from({ length: 1200 }, (_, i) => `id-${i}`);
      await Promise.all(ids.map((id) => ledger.record([issued(id)])));
      const found = await ledger.newest(["1_a"], 2000, null);
      expect(found.map((recorded) => recorded.issued.id).reverse()).toEqual(ids);
    });

    it("records a thousand in their order, beside others, or none of them", async () => {
      const { ledger } = await newStore();
      const ids = Array.from({ length: 1000 }, (_, i) => `id-${i}`);
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
      const { ledger } = await newStore();
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
      const { ledger } = await newStore();
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
        const { ledger } = await newStore();
        const at = (hours: number, more: Partial<IssuedToken>) =>
          issued("x", { issuedAt: new Date(BORDER + hours * HOUR), ...more });
        await ledger.record([
          at(0, { role: Role.MODERATOR }),
          at(0.5, { role: Role.MODERATOR }),
          at(0.9, { role: Role.SUBSCRIBER }),
          at(1, { role: Role.MODERATOR }),
          at(0, { role: Role.MODERATOR, sessionId: "1_b" }),
        ]);
        const { tallies, end } = await ledger.tally(HOUR, 100, null);
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
        const { ledger } = await newStore();
        const instants = [-interval - 1, -interval, -1, 0, 1, interval - 1, interval].map(
          (offset) => new Date(BORDER + offset),
        );
        for (const issuedAt of instants) await ledger.record([issued("x", { issuedAt })]);
        const { tallies, end } = await ledger.tally(interval, 100, null);
        const second = BORDER / interval;
        expect(tallies.map(({ period, count }) => [period, count]).sort(([a = 0], [b = 0]) => a - b)).toEqual(
          [
            [second - 2, 1],
            [second - 1, 2],
            [second, 3],
            [second + 1, 1],
          ],
        );
        expect(end).toMatchObject({ latest: second + 1 });
        expect(instants.map((instant) => periodOf(instant, interval) - second)).toEqual([
          -2, -1, -1, 0, 0, 0, 1,
        ]);
      });

      it("from the newest back, as many as it is told to, and says where it ends", async () => {
        const { ledger } = await newStore();
        // Not in the order of time: the clocks of servers differ.
        const hours = [0, 9, 3, 1, 4];
        for (const hour of hours) {
          await ledger.record([issued(`${hour}`, { issuedAt: new Date(BORDER + hour * HOUR) })]);
        }
        const first = BORDER / HOUR;
        const newest = await ledger.newest(["1_a"], 10, null);
        const page = await ledger.tally(HOUR, 3, null);
        expect(page.tallies.map(({ period }) => period - first).sort()).toEqual([1, 3, 4]);
        expect(page.end).toEqual({ position: newest[2]?.position, latest: first + 4 });
        const rest = await ledger.tally(HOUR, 3, page.end?.position ?? 0);
        expect(rest.tallies.map(({ period }) => period - first).sort()).toEqual([0, 9]);
        expect(rest.end).toEqual({ position: newest[4]?.position, latest: first + 9 });
        expect(await ledger.tally(HOUR, 3, rest.end?.position ?? 0)).toEqual({ tallies: [], end: null });
      });

      it("each of them once, however they are paged", async () => {
        const { ledger } = await newStore();
        await ledger.record(
          Array.from({ length: 50 }, (_, i) =>
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
            const { tallies, end } = await ledger.tally(HOUR, limit, position);
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

      it("when there are none", async () => {
        const { ledger } = await newStore();
        expect(await ledger.tally(HOUR, 100, null)).toEqual({ tallies: [], end: null });
      });
    });

    it("keeps nothing of a check", async () => {
      const { ledger, database } = await newStore();
      await ledger.check();
      await ledger.check();
      expect(await database.kysely.selectFrom("issued_tokens").selectAll().execute()).toEqual([]);
    });
  });

  describe("the API keys", () => {
    const apiKey = (id: string, name: string): ApiKey => ({
      id,
      name,
      digest: "00".repeat(32),
      claims: { scope: "tokens:create", video_grant: { sessions: ["*"] } },
      createdAt: new Date(1_795_500_000_123),
      revokedAt: null,
    });

    it("are found by their IDs, and revoked by these or their names", async () => {
      const { apiKeys } = await newStore();
      expect(await apiKeys.any()).toBe(false);
      expect(await apiKeys.ids()).toEqual([]);
      expect(await apiKeys.add(apiKey("0000000a", "web"))).toBe(true);
      expect(await apiKeys.add(apiKey("0000000b", "web"))).toBe(false);
      expect(await apiKeys.any()).toBe(true);
      const never = { expiresAt: null, isExpired: false, lastUsedAt: null, isUsedThisHour: false };
      expect(await apiKeys.find("0000000a")).toEqual({ ...apiKey("0000000a", "web"), ...never });
      expect(await apiKeys.find("0000000b")).toBeNull();
      const revokedAt = new Date(1_795_500_001_000);
      expect(await apiKeys.revoke("web", revokedAt)).toBe("0000000a");
      expect(await apiKeys.revoke("web", revokedAt)).toBeNull();
      expect(await apiKeys.find("0000000a")).toEqual({ ...apiKey("0000000a", "web"), ...never, revokedAt });
      expect(await apiKeys.add(apiKey("0000000c", "web"))).toBe(true);
      expect(await apiKeys.revoke("0000000c", revokedAt)).toBe("0000000c");
      expect((await apiKeys.list()).map(({ id }) => id).sort()).toEqual(["0000000a", "0000000c"]);
      expect((await apiKeys.ids()).sort()).toEqual(["0000000a", "0000000c"]);
    });

    it("expire by the database's clock", async () => {
      const { apiKeys } = await newStore();
      const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
      await apiKeys.add({ ...apiKey("0000000a", "past"), expiresAt: past });
      await apiKeys.add({ ...apiKey("0000000b", "future"), expiresAt: future });
      expect(await apiKeys.find("0000000a")).toMatchObject({ expiresAt: past, isExpired: true });
      expect(await apiKeys.find("0000000b")).toMatchObject({ expiresAt: future, isExpired: false });
    });

    it("have the hour of their last use", async () => {
      const { apiKeys, database } = await newStore();
      await apiKeys.add(apiKey("0000000a", "web"));
      const hours = (n: number) => Math.floor(Date.now() / HOUR - n) * HOUR;
      const used = async () => (await apiKeys.find("0000000a"))?.lastUsedAt?.getTime();
      // The hour may end in between.
      const before = hours(0);
      await apiKeys.use("0000000a");
      expect([before, hours(0)]).toContain(await used());
      expect(await apiKeys.find("0000000a")).toMatchObject({ isUsedThisHour: true });
      for (const [since, isUsedThisHour] of [
        [1, false],
        [-1, true],
      ] as const) {
        const last_used_at = hours(since);
        await database.kysely.updateTable("api_keys").set({ last_used_at }).execute();
        expect(await apiKeys.find("0000000a")).toMatchObject({ isUsedThisHour });
      }
      // What a server with a clock of the future noted is not taken back.
      await apiKeys.use("0000000a");
      expect(await used()).toBe(hours(-1));
    });
  });

  it("answers when it is asked whether it does", async () => {
    await (await newStore()).ping();
  });
});
