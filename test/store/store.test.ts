import { afterAll, describe, expect, it } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
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
import type { ApiKey, SessionNames } from "../../src/store/store.ts";
import { ENGINES, newDatabaseUrl, openStore, stopSharedPostgres } from "../support/stores.ts";

afterAll(stopSharedPostgres);

const PROJECT = "12345678";
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
      expect(await sessions.newest(PROJECT, ALL_SESSIONS, 10, null)).toHaveLength(1);
    });

    it("lists a project's sessions, newest first, from any position on", async () => {
      const { sessions } = await newStore();
      for (const id of ["1_a", "1_b", "1_c", "1_d"]) {
        await sessions.add(session(id));
        await sessions.add(session(`${id}_other`, "87654321"));
      }
      const ids = async (limit: number, position: number | null) =>
        (await sessions.newest(PROJECT, ALL_SESSIONS, limit, position)).map(
          (found) => found.session.sessionId,
        );
      expect(await ids(10, null)).toEqual(["1_d", "1_c", "1_b", "1_a"]);
      const [, second] = await sessions.newest(PROJECT, ALL_SESSIONS, 2, null);
      expect(await ids(10, second?.position ?? 0)).toEqual(["1_b", "1_a"]);
      expect(await ids(1, second?.position ?? 0)).toEqual(["1_b"]);
    });

    // Values that a pattern, a quotation mark or a database's notion of a character would spoil.
    const names = ["room-1", "room-2", "ROOM-1", "room_1", "%", "'", "é-1", "🎥-1", null];
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
      const found = await sessions.newest(PROJECT, selection, 100, null);
      expect(found.map((item) => item.session).reverse()).toEqual(
        all.filter(({ sessionId, name }) => isSelected(selection, sessionId, name)),
      );
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
      expect(await sessions.newest(PROJECT, ALL_SESSIONS, 10, null)).toHaveLength(1);
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
      const page = await ledger.newest("1_a", 2, null);
      expect(page.map((recorded) => recorded.issued)).toEqual([issued("d"), issued("c")]);
      const rest = await ledger.newest("1_a", 10, page[1]?.position ?? 0);
      expect(rest.map((recorded) => recorded.issued)).toEqual([issued("b"), issued("a")]);
      expect(await ledger.newest("1_c", 10, null)).toEqual([]);
    });

    it("records all that arrive together", async () => {
      const { ledger } = await newStore();
      const ids = Array.from({ length: 1200 }, (_, i) => `id-${i}`);
      await Promise.all(ids.map((id) => ledger.record([issued(id)])));
      const found = await ledger.newest("1_a", 2000, null);
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
        (await ledger.newest("1_a", 3000, null)).map(({ issued }) => issued.id).reverse();
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
      const left = await ledger.newest("1_a", 20, null);
      expect(left.map((recorded) => recorded.issued.id)).toEqual(["9", "8", "7", "6", "5"]);
    });

    it("can be written to, again and again", async () => {
      const { ledger, database } = await newStore();
      await ledger.check();
      await ledger.check();
      const rows = await database.kysely.selectFrom("ledger_checks").selectAll().execute();
      expect(rows).toEqual([{ id: 1, checked_at: expect.any(Number) }]);
      expect(Math.abs((rows[0]?.checked_at ?? 0) - Date.now())).toBeLessThan(10_000);
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
      expect(await apiKeys.add(apiKey("0000000a", "web"))).toBe(true);
      expect(await apiKeys.add(apiKey("0000000b", "web"))).toBe(false);
      expect(await apiKeys.any()).toBe(true);
      expect(await apiKeys.find("0000000a")).toEqual(apiKey("0000000a", "web"));
      expect(await apiKeys.find("0000000b")).toBeNull();
      const revokedAt = new Date(1_795_500_001_000);
      expect(await apiKeys.revoke("web", revokedAt)).toBe(true);
      expect(await apiKeys.revoke("web", revokedAt)).toBe(false);
      expect(await apiKeys.find("0000000a")).toEqual({ ...apiKey("0000000a", "web"), revokedAt });
      expect(await apiKeys.add(apiKey("0000000c", "web"))).toBe(true);
      expect(await apiKeys.revoke("0000000c", revokedAt)).toBe(true);
      expect((await apiKeys.list()).map(({ id }) => id).sort()).toEqual(["0000000a", "0000000c"]);
    });
  });

  it("answers when it is asked whether it does", async () => {
    await (await newStore()).ping();
  });
});
