import { describe, expect, it } from "vitest";
import { ALL_SESSIONS } from "../../src/domain/session-selection.ts";
import type { SessionNames } from "../../src/store/store.ts";
import { count, PROJECT, session } from "../support/records.ts";
import { ENGINES, newStore } from "../support/stores.ts";

/** How long a lease holds that no test waits for, in milliseconds. */
const LEASE = 60_000;

describe.each(ENGINES)("the names of sessions on %s", (engine) => {
  const named = (sessionId: string, name = "standup") => session(sessionId, { name });
  const leased = async (names: SessionNames, seen: string | null = null, name = "standup") => {
    const lease = await names.lease(PROJECT, name, seen, LEASE);
    if (lease === null) throw new Error("the lease is not to be had");
    return lease;
  };

  it("stand for nothing at first", async () => {
    const { names } = await newStore(engine);
    expect(await names.find(PROJECT, "standup")).toEqual({ assigned: null, current: null, leased: false });
  });

  it("stand for the session that the holder of the lease assigns, which is registered", async () => {
    const { names, sessions } = await newStore(engine);
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
    const { names } = await newStore(engine);
    const leases = await Promise.all(count(20, () => names.lease(PROJECT, "standup", null, LEASE)));
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
  });

  it("are apart from each other, and from another project's", async () => {
    const { names } = await newStore(engine);
    await leased(names);
    expect(await names.lease(PROJECT, "Standup", null, LEASE)).not.toBeNull();
    expect(await names.lease("87654321", "standup", null, LEASE)).not.toBeNull();
    expect(await names.find(PROJECT, "standup ")).toEqual({ assigned: null, current: null, leased: false });
  });

  it("are leased again when the lease is given back or has ended, and are lost to its holder", async () => {
    const { names, sessions } = await newStore(engine);
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
    const { names, sessions } = await newStore(engine);
    await names.assign(await leased(names), named("1_a"));
    expect(await names.lease(PROJECT, "standup", null, LEASE)).toBeNull();
    expect(await names.lease(PROJECT, "standup", "1_x", LEASE)).toBeNull();
    await names.assign(await leased(names, "1_a"), named("1_b"));
    expect((await names.find(PROJECT, "standup")).current?.session).toEqual(named("1_b"));
    expect(await sessions.findMany(["1_a"])).toEqual([named("1_a")]);
  });

  it("leave nothing when they stand for no session and the lease is given back", async () => {
    const { names, database } = await newStore(engine);
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
    const { names, database } = await newStore(engine);
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
    const { names } = await newStore(engine);
    const outcomes = await Promise.all(
      count(30, async (i) => {
        const lease = await names.lease(PROJECT, `room ${i}`, null, i % 2 === 0 ? 0 : LEASE);
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
    const { names, sessions } = await newStore(engine);
    await sessions.add(session("1_a"));
    const lease = await leased(names);
    await expect(names.assign(lease, named("1_a"))).rejects.toThrow();
    expect(await names.find(PROJECT, "standup")).toEqual({ assigned: null, current: null, leased: true });
  });
});
