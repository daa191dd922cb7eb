import { setTimeout } from "node:timers/promises";
import { sql } from "kysely";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import type { NewBan } from "../../src/domain/ban.ts";
import { LeaveReason } from "../../src/domain/participant.ts";
import { RemovalReason } from "../../src/domain/removal.ts";
import { Role } from "../../src/domain/role.ts";
import type { Observed, Store } from "../../src/store/store.ts";
import { count, issued as issuedLongAgo, session } from "../support/records.ts";
import { ENGINES, newDatabaseUrl, newStore, openStore, twoStores } from "../support/stores.ts";

const MINUTE = 60_000;
const SESSION = "1_a";

/** Tokens are valid now, because bans and revocations follow the database's clock. */
const issued: typeof issuedLongAgo = (id, more) => {
  const now = Date.now();
  return issuedLongAgo(id, {
    issuedAt: new Date(now - MINUTE),
    expiresAt: new Date(now + 60 * MINUTE),
    fingerprint: `data of ${id}`,
    identity: null,
    ...more,
  });
};

const observed = (
  connectionId: string,
  { sessionId = SESSION, fingerprints = [`data of ${connectionId}`], ...more }: Partial<Seen> = {},
): Observed => ({
  seen: {
    sessionId,
    connectionId,
    joinedAt: Date.now(),
    data: fingerprints.length > 0 ? "data" : null,
    leave: null,
    stream: null,
    isListed: false,
    ...more,
  },
  fingerprints,
});
type Seen = Observed["seen"] & { readonly fingerprints: readonly string[] };

const left = (connectionId: string) =>
  observed(connectionId, {
    leave: { at: Date.now(), reason: LeaveReason.CLIENT_DISCONNECTED },
    fingerprints: [],
  });
const listed = (connectionId: string) => observed(connectionId, { isListed: true, fingerprints: [] });

const ban = (more: Partial<NewBan> = {}): NewBan => ({
  identity: more.fingerprint ? null : "ann",
  fingerprint: null,
  sessionId: SESSION,
  until: null,
  createdBy: "admin",
  ...more,
});

/** The reasons of all removals, by connection, even of those that are not due. */
async function reasons({ removals, database }: Awaited<ReturnType<typeof newStore>>) {
  const rows = await database.kysely
    .selectFrom("removals")
    .select(["participant_id", "reason"])
    .orderBy("participant_id")
    .execute();
  expect(await removals.count()).toBe(rows.length);
  return Object.fromEntries(rows.map(({ participant_id, reason }) => [participant_id.slice(2), reason]));
}

const refused = async ({ ledger }: Store, ...records: Parameters<Store["ledger"]["record"]>[0]) =>
  Object.fromEntries(await ledger.record(records));

/** A statement begins with this to have the numbers up to `last` as the column `i` of `n`. */
const numbers = (last: number) =>
  sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(last)})`;

describe.each(ENGINES)("bans on %s", (engine) => {
  it("are kept, listed, newest first, and lifted once", async () => {
    const { bans } = await newStore(engine);
    const until = new Date(Date.now() + MINUTE);
    const first = await bans.add(ban({ until }));
    const second = await bans.add(ban({ identity: "bob", sessionId: null }));
    const third = await bans.add(ban({ fingerprint: "f", until: new Date(Date.now() - MINUTE) }));
    expect(first).toMatchObject({
      identity: "ann",
      sessionId: SESSION,
      until,
      createdBy: "admin",
      liftedAt: null,
      isActive: true,
    });
    expect(first.id).toMatch(/^b_[0-9a-f-]{36}$/);
    expect(Math.abs(first.createdAt.getTime() - Date.now())).toBeLessThan(5000);
    expect(third).toMatchObject({ identity: null, isActive: false });
    const lifted = await bans.lift(second.id);
    expect(lifted).toMatchObject({ id: second.id, isActive: false });
    expect(await bans.lift(second.id)).toEqual(lifted);
    expect(await bans.lift("b_none")).toBeNull();
    expect(await bans.findMany([first.id, "b_none", second.id])).toEqual(
      expect.arrayContaining([first, lifted]),
    );
    const list = async (...[filter, limit = 10, position = null]: Partial<Parameters<typeof bans.list>>) =>
      (await bans.list(filter ?? {}, limit, position)).map((each) => each.ban.id);
    expect(await list()).toEqual([third.id, second.id, first.id]);
    expect(await list({ active: true })).toEqual([first.id]);
    expect(await list({ active: false })).toEqual([third.id, second.id]);
    expect(await list({ identity: "bob" })).toEqual([second.id]);
    expect(await list({ sessionId: SESSION })).toEqual([third.id, first.id]);
    expect(await list({ sessionId: SESSION, identity: "ann", active: true })).toEqual([first.id]);
    const [newest] = await bans.list({ sessionId: SESSION }, 1, null);
    expect(await list({ sessionId: SESSION }, 10, newest?.position)).toEqual([first.id]);
  });

  it("keep tokens from being recorded, until they end or are lifted", async () => {
    const store = await newStore(engine);
    const until = new Date(Date.now() + MINUTE);
    const one = await store.bans.add(ban({ until }));
    await store.bans.add(ban({ fingerprint: "f", sessionId: "1_b" }));
    await store.bans.add(ban({ identity: "bob", until: new Date(Date.now() - 1000) }));
    expect(
      await refused(
        store,
        issued("bob", { identity: "bob" }),
        issued("ann", { identity: "ann" }),
        issued("elsewhere", { identity: "ann", sessionId: "1_b" }),
        issued("data", { fingerprint: "f", sessionId: "1_b" }),
        issued("data elsewhere", { fingerprint: "f" }),
        issued("nobody"),
      ),
    ).toEqual({ ann: { bannedUntil: until }, data: { bannedUntil: null } });
    const recorded = (await store.ledger.newest([SESSION, "1_b"], 10, null)).map((each) => each.issued.id);
    expect(recorded).toEqual(["nobody", "data elsewhere", "elsewhere", "bob"]);
    const everywhere = await store.bans.add(ban({ sessionId: null }));
    expect(await refused(store, issued("x", { identity: "ann", sessionId: "1_c" }))).toEqual({
      x: { bannedUntil: null },
    });
    await store.bans.lift(everywhere.id);
    expect(await refused(store, issued("y", { identity: "ann" }))).toEqual({ y: { bannedUntil: until } });
    await store.bans.lift(one.id);
    expect(await refused(store, issued("z", { identity: "ann" }))).toEqual({});
  });

  it("remove those who are in, and those who join, and nobody else", async () => {
    const store = await newStore(engine);
    await store.ledger.record([
      ...count(4, (i) => issued(`ann${i}`, { identity: "ann" })),
      issued("ann5", { identity: "ann", sessionId: "1_b" }),
      issued("bob", { identity: "bob" }),
    ]);
    const { participants, bans } = store;
    await participants.apply([
      observed("ann0"),
      observed("bob"),
      observed("ann5", { sessionId: "1_b" }),
      observed("nobody"),
    ]);
    expect(await reasons(store)).toEqual({});
    const { id } = await bans.add(ban());
    expect(await reasons(store)).toEqual({ ann0: RemovalReason.BANNED });
    await participants.apply([observed("ann1"), observed("bob2", { fingerprints: ["data of bob"] })]);
    await participants.apply([observed("nobody"), observed("ann0")]);
    expect(await reasons(store)).toEqual({ ann0: "banned", ann1: "banned" });
    await participants.apply([left("ann1")]);
    expect(await reasons(store)).toEqual({ ann0: "banned" });
    await store.removals.request("p_ann0");
    await participants.apply([observed("ann2")]);
    await bans.lift(id);
    expect(await reasons(store)).toEqual({ ann0: "removed" });
    const all = await bans.add(ban({ sessionId: null }));
    expect(await reasons(store)).toEqual({ ann0: "removed", ann2: "banned", ann5: "banned" });
    const other = await bans.add(ban());
    await bans.lift(all.id);
    expect(await reasons(store)).toEqual({ ann0: "removed", ann2: "banned" });
    await bans.lift(other.id);
    expect(await reasons(store)).toEqual({ ann0: "removed" });
  });

  it("fit connection data by the fingerprint of either credential", async () => {
    const store = await newStore(engine);
    await store.participants.apply([observed("in", { fingerprints: ["new", "old"] })]);
    await store.bans.add(ban({ fingerprint: "new" }));
    await store.participants.apply([
      observed("rotated", { fingerprints: ["newer", "new"] }),
      observed("other", { fingerprints: ["other"] }),
    ]);
    expect(await reasons(store)).toEqual({ in: "banned", rotated: "banned" });
  });

  it("revoke a token, which shows out whoever can only have joined with revoked or banned ones", async () => {
    const store = await newStore(engine);
    const { ledger, participants, bans } = store;
    const shared = { fingerprint: "shared" };
    await ledger.record([
      issued("one"),
      issued("two a", { ...shared, identity: "ann" }),
      issued("two b", { ...shared, identity: "bob" }),
    ]);
    await participants.apply([
      observed("one"),
      observed("two", { fingerprints: ["shared"] }),
      observed("other"),
    ]);
    expect(await ledger.revoked(["one"])).toEqual(new Set());
    const revoked = await ledger.revoke("one");
    expect(Math.abs((revoked?.revokedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(5000);
    expect(await ledger.revoked(["one", "two a", "none"])).toEqual(new Set(["one"]));
    expect(await ledger.findMany(["one"])).toEqual([revoked]);
    expect(await ledger.revoke("one")).toEqual(revoked);
    expect(await ledger.revoke("none")).toBeNull();
    expect(await reasons(store)).toEqual({ one: "revoked" });
    await ledger.revoke("two a");
    expect(await reasons(store)).toEqual({ one: "revoked" });
    await bans.add(ban({ identity: "bob" }));
    expect(await reasons(store)).toEqual({ one: "revoked", two: "revoked" });
    await participants.apply([
      left("one"),
      left("two"),
      observed("one again", { fingerprints: ["data of one"] }),
      observed("two again", { fingerprints: ["shared"] }),
    ]);
    expect(await reasons(store)).toEqual({ "one again": "revoked", "two again": "revoked" });
  });

  it("revoke all tokens of one person with the same data, which shows out whoever joined with one", async () => {
    const store = await newStore(engine);
    const { ledger, participants } = store;
    const same = { fingerprint: "same", identity: "ann" };
    await ledger.record([
      issued("first", same),
      issued("second", same),
      issued("other", { identity: "ann" }),
    ]);
    await participants.apply([
      observed("a", { fingerprints: ["same"] }),
      observed("b", { fingerprints: ["data of other"] }),
    ]);
    await ledger.revoke("first");
    expect(await reasons(store)).toEqual({});
    await ledger.revoke("second");
    expect(await reasons(store)).toEqual({ a: "revoked" });
  });

  it("limit a session: no token when it is full, and the latest who joins is shown out", async () => {
    const store = await newStore(engine);
    const { sessions, participants } = store;
    await sessions.add(session(SESSION, { maxParticipants: 2 }));
    expect((await sessions.findMany([SESSION]))[0]?.maxParticipants).toBe(2);
    await participants.apply([observed("a", { joinedAt: 1000 })]);
    expect(await refused(store, issued("1"))).toEqual({});
    await participants.apply([
      observed("b", { joinedAt: 3000 }),
      observed("c", { joinedAt: 2000 }),
      observed("d", { joinedAt: 4000 }),
    ]);
    expect(await reasons(store)).toEqual({ b: "full", d: "full" });
    expect(await refused(store, issued("2"), issued("3", { sessionId: "1_b" }))).toEqual({
      2: { maxParticipants: 2 },
    });
    // Late news of an early arrival.
    await participants.apply([observed("e", { joinedAt: 1500 })]);
    expect(await reasons(store)).toEqual({ b: "full", c: "full", d: "full" });
    expect(await sessions.limit(SESSION, 1)).toBe(true);
    await participants.apply([observed("a", { joinedAt: 1000, stream: null })]);
    expect(await reasons(store)).toEqual({ b: "full", c: "full", d: "full" });
    await participants.apply([observed("f", { joinedAt: 500 })]);
    expect(await reasons(store)).toEqual({ b: "full", c: "full", d: "full", e: "full" });
    expect(await sessions.limit(SESSION, null)).toBe(true);
    expect(await sessions.limit("1_none", 1)).toBe(false);
    expect(await refused(store, issued("4"))).toEqual({});
  });

  it("show out nobody for the seat of somebody who is kept out", async () => {
    const store = await newStore(engine);
    const { participants, sessions, bans } = store;
    await sessions.add(session(SESSION));
    await participants.apply([observed("a"), observed("b")]);
    await sessions.limit(SESSION, 1);
    await bans.add(ban({ fingerprint: "data of banned" }));
    await participants.apply([observed("banned")]);
    await participants.apply([listed("unknown")]);
    expect(await reasons(store)).toEqual({
      banned: RemovalReason.BANNED,
      unknown: RemovalReason.UNIDENTIFIED,
    });
    await participants.apply([observed("c")]);
    expect(await reasons(store)).toMatchObject({ c: RemovalReason.FULL });
  });

  it("are lifted for more participants and sessions than a statement has parameters", async () => {
    const store = await newStore(engine);
    const { database, bans, removals } = store;
    const one = await bans.add(ban({ sessionId: null }));
    for (let first = 0; first < 33_000; first += 3000) {
      const i = sql`(i + ${sql.lit(first)})`;
      await sql`insert into participants (id, session_id, identity, joined_at, change)
        ${numbers(3000)} select 'p_' || ${i}, '1_' || ${i}, 'ann', 0, ${i} from n`.execute(database.kysely);
      await sql`insert into removals (participant_id, session_id, reason, ban_id, created_at, attempts, due_at)
        ${numbers(3000)} select 'p_' || ${i}, '1_' || ${i}, 'BANNED', ${one.id}, 0, 0, 0 from n`.execute(
        database.kysely,
      );
    }
    await bans.lift(one.id);
    expect(await removals.count()).toBe(0);
  }, 60_000);

  it("are for all sessions, whose participants may be unknown, in time", async () => {
    const store = await newStore(engine);
    const { database, bans, ledger } = store;
    const [begin, end] = [Date.now() - MINUTE, Date.now() + MINUTE].map((time) => sql.lit(time));
    for (let first = 0; first < 50_000; first += 5000) {
      const i = sql`(i + ${sql.lit(first)})`;
      await sql`insert into participants (id, session_id, data, data_fingerprint, joined_at, change)
        ${numbers(5000)} select 'p_' || ${i}, '1_' || ${i}, 'd', 'f', ${begin}, ${i} from n`.execute(
        database.kysely,
      );
      await sql`insert into issued_tokens (id, session_id, role, format, issued_to, issued_at, expires_at, identity, data_fingerprint)
        ${numbers(5000)} select 't' || ${i}, '1_' || ${i}, 'PUBLISHER', 'JWT', 'x', ${begin}, ${end}, 'bob', 'f' from n`.execute(
        database.kysely,
      );
    }
    // As the autovacuum of PostgreSQL does.
    await sql`analyze`.execute(database.kysely);
    await ledger.record([
      issued("a", { sessionId: "1_0", identity: "ann", fingerprint: "f" }),
      issued("b", { sessionId: "1_1", identity: "ann", fingerprint: "f" }),
    ]);
    await store.participants.apply([observed("ann", { sessionId: "1_0", fingerprints: ["other"] })]);
    await database.kysely
      .updateTable("participants")
      .set({ data_fingerprint: "f" })
      .where("id", "=", "p_ann")
      .execute();
    const { id } = await bans.add(ban({ sessionId: null }));
    expect(await reasons(store)).toEqual({ ann: RemovalReason.REVOKED });
    await bans.lift(id);
    expect(await reasons(store)).toEqual({});
  }, 60_000);

  it("refuse a thousand tokens of a full session in time, and none of another", async () => {
    const store = await newStore(engine);
    await store.sessions.add(session(SESSION, { maxParticipants: 3000 }));
    await sql`insert into participants (id, session_id, joined_at, change)
      ${numbers(3000)} select 'p_' || i, ${SESSION}, 0, i from n`.execute(store.database.kysely);
    const tokens = count(1000, (i) => issued(`${i}`));
    const found = await store.ledger.record([...tokens, issued("elsewhere", { sessionId: "1_b" })]);
    expect([found.size, found.has("elsewhere")]).toEqual([1000, false]);
  }, 60_000);

  it("are lifted for those, too, whose token or data nobody knows for sure", async () => {
    const store = await newStore(engine);
    const { participants, ledger, bans } = store;
    const fingerprint = "data of both";
    await ledger.record([
      issued("of ann", { identity: "ann", fingerprint }),
      issued("of bob", { identity: "bob", fingerprint }),
      issued("of eve", { identity: "eve" }),
    ]);
    await participants.apply([
      observed("both", { fingerprints: [fingerprint] }),
      observed("eve", { fingerprints: ["data of of eve"] }),
      listed("unknown"),
    ]);
    const [ann] = [await bans.add(ban()), await bans.add(ban({ identity: "bob", sessionId: null }))];
    await ledger.revoke("of eve");
    expect(await reasons(store)).toEqual({ both: "revoked", eve: "revoked", unknown: "unidentified" });
    await bans.lift(ann.id);
    expect(await reasons(store)).toEqual({ eve: "revoked", unknown: "unidentified" });
    const elsewhere = await bans.add(ban({ sessionId: "1_b" }));
    await bans.lift(elsewhere.id);
    expect(await reasons(store)).toEqual({ eve: "revoked", unknown: "unidentified" });
  });

  it("are lifted for a seat that somebody else took", async () => {
    const store = await newStore(engine);
    const { participants, sessions, bans } = store;
    await sessions.add(session(SESSION));
    await sessions.limit(SESSION, 1);
    const one = await bans.add(ban({ fingerprint: "data of a" }));
    await participants.apply([observed("a")]);
    await participants.apply([observed("b", { joinedAt: Date.now() + 1 })]);
    expect(await reasons(store)).toEqual({ a: "banned" });
    await bans.lift(one.id);
    expect(await reasons(store)).toEqual({ b: "full" });
  });

  it("show out who is unknown where somebody is kept out, after a while", async () => {
    const store = await newStore(engine);
    const { participants, ledger, bans, removals } = store;
    await ledger.record([issued("ann", { identity: "ann" })]);
    await participants.apply([listed("x"), observed("y")]);
    expect(await reasons(store)).toEqual({});
    // There is no token of this identity in the session.
    await bans.add(ban({ identity: "bob" }));
    expect(await reasons(store)).toEqual({});
    const everywhere = await bans.add(ban({ sessionId: null }));
    expect(await reasons(store)).toEqual({ x: "unidentified" });
    await bans.lift(everywhere.id);
    expect(await reasons(store)).toEqual({});
    await bans.add(ban({ sessionId: null }));
    expect(await reasons(store)).toEqual({ x: "unidentified" });
    await participants.apply([
      listed("z"),
      { ...listed("elsewhere"), seen: { ...listed("elsewhere").seen, sessionId: "1_b" } },
    ]);
    expect(await reasons(store)).toEqual({ x: "unidentified", z: "unidentified" });
    expect(await removals.take(10, 1000)).toEqual([]);
    await participants.apply([observed("x"), observed("z", { fingerprints: ["data of ann"] })]);
    expect(await reasons(store)).toEqual({ z: "banned" });
  });

  it("are forgotten some time after they ended", async () => {
    const { bans } = await newStore(engine);
    const active = await bans.add(ban());
    await bans.add(ban({ until: new Date(1000) }));
    await bans.lift((await bans.add(ban())).id);
    expect(await bans.purge(new Date(1000), 10)).toBe(0);
    expect(await bans.purge(new Date(1001), 10)).toBe(1);
    expect(await bans.purge(new Date(Date.now() + MINUTE), 10)).toBe(1);
    expect((await bans.list({}, 10, null)).map((each) => each.ban.id)).toEqual([active.id]);
  });
});

describe.each(ENGINES)("removals on %s", (engine) => {
  it("are taken by one, tried again, and end when they are confirmed", async () => {
    const store = await newStore(engine);
    const { removals, participants } = store;
    await participants.apply([observed("a"), observed("b")]);
    expect(await removals.request("p_none")).toBe(false);
    expect(await removals.request("p_a")).toBe(true);
    expect(await removals.request("p_a")).toBe(true);
    const removal = { participantId: "p_a", sessionId: SESSION, reason: RemovalReason.REMOVED, attempts: 0 };
    expect(await removals.take(10, MINUTE)).toEqual([removal]);
    expect(await removals.take(10, MINUTE)).toEqual([]);
    expect(await removals.take(10, MINUTE, "p_a")).toEqual([removal]);
    await removals.postpone(removal, MINUTE);
    expect(await removals.take(10, MINUTE)).toEqual([]);
    expect(await removals.take(10, MINUTE, "p_b")).toEqual([]);
    await removals.postpone(removal, 0.4);
    expect(await removals.take(10, 1)).toEqual([{ ...removal, attempts: 2 }]);
    const change = await participants.latestChange();
    const at = Date.now() + 1;
    await removals.confirm(removal, { at, reason: LeaveReason.FORCE_DISCONNECTED });
    expect(await removals.count()).toBe(0);
    expect(await participants.latestChange()).toBe(change + 1);
    const [gone] = await participants.findMany(["p_a"]);
    expect(gone).toMatchObject({
      leftAt: new Date(at),
      leaveReason: LeaveReason.FORCE_DISCONNECTED,
      data: null,
    });
    expect(await removals.request("p_a")).toBe(false);
    await removals.confirm(removal, { at: at + 1, reason: LeaveReason.UNKNOWN });
    expect(await participants.findMany(["p_a"])).toEqual([gone]);
  });

  it("are confirmed by a server whose clock is behind the platform's", async () => {
    const { removals, participants } = await newStore(engine);
    const joinedAt = Date.now();
    await participants.apply([observed("a", { joinedAt })]);
    await removals.request("p_a");
    const [removal] = await removals.take(1, MINUTE);
    const leave = { at: joinedAt - 60 * MINUTE, reason: LeaveReason.FORCE_DISCONNECTED };
    if (removal) await removals.confirm(removal, leave);
    const [gone] = await participants.findMany(["p_a"]);
    expect(gone).toMatchObject({ joinedAt: new Date(joinedAt), leftAt: new Date(joinedAt) });
    expect(await removals.count()).toBe(0);
  });

  it("leave no fingerprint of whoever has surely left", async () => {
    const { participants, database } = await newStore(engine);
    const fingerprints = async () =>
      (await database.kysely.selectFrom("participants").select("data_fingerprint").execute()).map(
        (row) => row.data_fingerprint,
      );
    await participants.apply([observed("a")]);
    expect(await fingerprints()).toEqual(["data of a"]);
    await participants.apply([left("a")]);
    await participants.apply([observed("a")]);
    expect(await fingerprints()).toEqual([null]);
  });

  it("are requested of whoever only seemed to have left, and comes back", async () => {
    const store = await newStore(engine);
    const { participants, ledger, bans } = store;
    await ledger.record([issued("a")]);
    const leave = { at: Date.now(), reason: LeaveReason.UNKNOWN };
    await participants.apply([observed("a")]);
    await participants.apply([observed("a", { leave, fingerprints: [] })]);
    await bans.add(ban({ fingerprint: "data of a" }));
    expect(await reasons(store)).toEqual({});
    await participants.apply([listed("a")]);
    expect(await reasons(store)).toEqual({ a: "banned" });
    await participants.apply([left("a")]);
    expect(await reasons(store)).toEqual({});
  });

  it("end the moderation of whoever must leave", async () => {
    const { participants, ledger, removals } = await newStore(engine);
    const both = { identity: "ann", role: Role.MODERATOR };
    await ledger.record([issued("a", both), issued("b", { identity: "bob" })]);
    await participants.apply([observed("a"), observed("b")]);
    const isModerated = (identity: string) => participants.isModerated(SESSION, identity);
    expect(await Promise.all(["ann", "bob", "nobody"].map(isModerated))).toEqual([true, false, false]);
    expect(await participants.isModerated("1_b", "ann")).toBe(false);
    await removals.request("p_a");
    expect(await isModerated("ann")).toBe(false);
  });

  it("tell who joined with a token, latest first", async () => {
    const { participants, ledger } = await newStore(engine);
    await ledger.record([issued("a"), issued("b")]);
    const joins = (id: string, of: string, i: number) =>
      observed(id, { fingerprints: [`data of ${of}`], joinedAt: Date.now() + i });
    await participants.apply([
      joins("1", "a", 1),
      joins("2", "a", 3),
      joins("3", "a", 2),
      joins("4", "b", 0),
    ]);
    await participants.apply([left("2")]);
    const found = await participants.ofTokens(["a", "none", "b"], 2);
    expect(found.map(({ connectionId }) => connectionId)).toEqual(["2", "3", "4"]);
  });
});

describe.each(ENGINES)("at the same instant on %s", (engine) => {
  it("no token is recorded once its ban is there, and every one after it was lifted", async () => {
    const stores = await twoStores(engine);
    for (let round = 0; round < 10; round++) {
      const identity = `ann${round}`;
      let isBanned = false;
      let late = 0;
      const mint = async (store: Store, i: number) => {
        for (let n = 0; n < 5; n++) {
          const begunBanned = isBanned;
          const id = `${round} ${i} ${n}`;
          const found = await store.ledger.record([
            issued(id, { identity, fingerprint: id }),
            issued(`${id} x`),
          ]);
          expect(found.has(`${id} x`)).toBe(false);
          if (begunBanned && !found.has(id)) late += 1;
        }
      };
      const mints = count(6, (i) => mint(stores[i % 2] as Store, i));
      const added = stores[round % 2]?.bans.add(ban({ identity, sessionId: null })).then(async (one) => {
        isBanned = true;
        const rows = await stores[0].ledger.newest([SESSION], 1000, null);
        return { one, known: rows.filter((row) => row.issued.identity === identity).length };
      });
      await Promise.all(mints);
      const { one, known } = (await added) as NonNullable<Awaited<typeof added>>;
      expect(late).toBe(0);
      const rows = await stores[0].ledger.newest([SESSION], 1000, null);
      expect(rows.filter((row) => row.issued.identity === identity)).toHaveLength(known);
      await stores[0].bans.lift(one.id);
      expect(await refused(stores[1], issued(`${round} after`, { identity }))).toEqual({});
    }
  }, 60_000);

  it("of two who take the last seat, the later one is shown out, and two removals are one", async () => {
    const [one, other] = await twoStores(engine);
    await one.sessions.add(session(SESSION, { maxParticipants: 1 }));
    await Promise.all([
      one.participants.apply([observed("early", { joinedAt: 1000 })]),
      other.participants.apply([observed("late", { joinedAt: 2000 })]),
    ]);
    expect(Object.values(await reasons(one))).toEqual(["full"]);
    await Promise.all([one.removals.request("p_early"), other.removals.request("p_early")]);
    expect(await reasons(one)).toMatchObject({ early: "removed" });
    const taken = await Promise.all(count(4, (i) => (i % 2 ? one : other).removals.take(10, MINUTE)));
    expect(taken.flat()).toHaveLength(await one.removals.count());
  });
});

describe("on PostgreSQL, by the order of two transactions", () => {
  const hold = async (statement: string) => {
    const url = await newDatabaseUrl("PostgreSQL");
    const store = await openStore(url);
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query("begin");
    await client.query(statement);
    return { store, client };
  };
  const isPending = async (promise: Promise<unknown>) =>
    Promise.race([promise.then(() => false), setTimeout(300, true)]);

  it("a ban waits for a token that is being recorded", async () => {
    const { store, client } = await hold("select 1 from bans where false for key share");
    const added = store.bans.add(ban({ identity: "ann" }));
    expect(await isPending(added)).toBe(true);
    await client.query("commit");
    expect((await added).isActive).toBe(true);
    await client.end();
  });

  it("a token waits for a ban that is being added, and is refused", async () => {
    const { store, client } = await hold("lock table bans in exclusive mode");
    await client.query(
      `insert into bans (id, identity, created_at, created_by) values ('b_1', 'ann', 1, 'op')`,
    );
    const recorded = store.ledger.record([issued("a", { identity: "ann" }), issued("b")]);
    expect(await isPending(recorded)).toBe(true);
    await client.query("commit");
    expect(await recorded).toEqual(new Map([["a", { bannedUntil: null }]]));
    await client.end();
  });

  it("a token does not wait while a ban looks for participants", async () => {
    const { store, client } = await hold("lock table removals in share row exclusive mode");
    const added = store.bans.add(ban());
    expect(await isPending(added)).toBe(true);
    expect(await store.ledger.record([issued("b")])).toEqual(new Map());
    await client.query("commit");
    expect((await added).isActive).toBe(true);
    await client.end();
  });

  it("a lease and a removal wait for another transaction, whatever the isolation level is", async () => {
    const url = await newDatabaseUrl("PostgreSQL");
    const client = new Client({ connectionString: url });
    await client.connect();
    const name = new URL(url).pathname.slice(1);
    await client.query(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
    const { participants, removals } = await openStore(url);
    await participants.apply([observed("a")]);
    await removals.request("p_a");
    const [removal] = await removals.take(1, MINUTE);
    const whileChanged = async <T>(table: string, act: () => Promise<T>) => {
      await client.query("begin");
      await client.query(`update ${table} set ${table === "removals" ? "attempts = 0" : "latest = latest"}`);
      const result = act();
      expect(await isPending(result)).toBe(true);
      await client.query("commit");
      return result;
    };
    const { lease } = participants;
    const id = (await whileChanged("participant_changes", () => lease.take(MINUTE, 0))) ?? "";
    expect(await whileChanged("participant_changes", () => lease.renew(id, MINUTE))).toBe(true);
    await whileChanged("participant_changes", () => lease.end(id));
    await whileChanged("removals", async () => removal && removals.postpone(removal, 0));
    const taken = await whileChanged("removals", () => removals.take(1, MINUTE, "p_a"));
    expect(taken).toHaveLength(1);
    await client.end();
  });
});
