import { describe, expect, it } from "vitest";
import { apiKey } from "../support/records.ts";
import { ENGINES, newStore } from "../support/stores.ts";

const HOUR = 60 * 60 * 1000;

describe.each(ENGINES)("the API keys on %s", (engine) => {
  it("are found by their IDs, and revoked by these or their names", async () => {
    const { apiKeys } = await newStore(engine);
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

  it("are found by name while they are not revoked, counted, and read in pages, newest first", async () => {
    const { apiKeys } = await newStore(engine);
    const at = (time: number) => ({ createdAt: new Date(time) });
    await apiKeys.add({ ...apiKey("0000000a", "web"), ...at(1000) });
    await apiKeys.revoke("web", new Date(2000));
    expect(await apiKeys.findNamed("web")).toBeNull();
    await apiKeys.add({ ...apiKey("0000000c", "web"), ...at(2000) });
    await apiKeys.add({ ...apiKey("0000000b", "past"), ...at(2000), expiresAt: new Date(3000) });
    expect(await apiKeys.findNamed("web")).toMatchObject({ id: "0000000c" });
    expect(await apiKeys.findNamed("past")).toMatchObject({ id: "0000000b", isExpired: true });
    const counts = [1000, 1001, 2001].map((time) => apiKeys.count(new Date(time)));
    expect(await Promise.all(counts)).toEqual([3, 2, 1]);
    const idsOf = async (limit: number, after: { time: number; id: string } | null) =>
      (await apiKeys.page(limit, after)).map(({ id }) => id);
    expect(await idsOf(2, null)).toEqual(["0000000c", "0000000b"]);
    expect(await idsOf(9, { time: 2000, id: "0000000c" })).toEqual(["0000000b", "0000000a"]);
    expect(await idsOf(9, { time: 1000, id: "0000000a" })).toEqual([]);
  });

  it("expire by the database's clock", async () => {
    const { apiKeys } = await newStore(engine);
    const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
    await apiKeys.add({ ...apiKey("0000000a", "past"), expiresAt: past });
    await apiKeys.add({ ...apiKey("0000000b", "future"), expiresAt: future });
    expect(await apiKeys.find("0000000a")).toMatchObject({ expiresAt: past, isExpired: true });
    expect(await apiKeys.find("0000000b")).toMatchObject({ expiresAt: future, isExpired: false });
  });

  it("have the hour of their last use", async () => {
    const { apiKeys, database } = await newStore(engine);
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
