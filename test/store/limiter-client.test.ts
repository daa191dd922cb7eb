import { afterEach, describe, expect, it, vi } from "vitest";
import { callerWith } from "../../src/access/caller.ts";
import { Quota } from "../../src/access/quota.ts";
import { sharedLimiters } from "../../src/access/shared-limiter.ts";
import { DatabaseUnavailable } from "../../src/errors.ts";
import { newDatabaseUrl, openStore, ownPostgres } from "../support/stores.ts";

afterEach(() => {
  vi.useRealTimers();
});

const one = callerWith("key:1", "one", {});
const HOUR = 60 * 60 * 1000;

/** The quotas of so many servers, each with connections of its own to one database. */
async function replicas(count: number, perMinute: number, given?: string) {
  const url = given ?? (await newDatabaseUrl("PostgreSQL"));
  const stores = await Promise.all(Array.from({ length: count }, () => openStore(url)));
  const quotas = stores.map(
    ({ limiterClient }) =>
      new Quota(
        "tokens",
        perMinute,
        sharedLimiters(limiterClient, () => {}),
      ),
  );
  const [{ database, limiterClient }] = stores as [(typeof stores)[0]];
  return { quotas: quotas as [Quota, Quota, Quota], kysely: database.kysely, client: limiterClient };
}

describe("servers whose clocks differ", () => {
  it("share a window, which is one of the database's clock", async () => {
    const { quotas, kysely } = await replicas(3, 3);
    const now = Date.now();
    const refusals: unknown[] = [];
    // The clock alone: connections have timers.
    vi.useFakeTimers({ toFake: ["Date"] });
    for (const [i, offset] of [-HOUR, 0, HOUR].entries()) {
      vi.setSystemTime(now + offset);
      await quotas[i as 0 | 1 | 2].take(one, 1);
    }
    for (const [i, offset] of [-HOUR, 0, HOUR].entries()) {
      vi.setSystemTime(now + offset);
      await quotas[i as 0 | 1 | 2].take(one, 1).catch((error) => refusals.push(error.extensions));
    }
    vi.useRealTimers();
    expect(refusals).toHaveLength(3);
    for (const refusal of refusals) {
      const { retryAfterSeconds } = refusal as { retryAfterSeconds: number };
      expect(retryAfterSeconds).toBeGreaterThan(30);
      expect(retryAfterSeconds).toBeLessThanOrEqual(60);
    }
    const [row] = await kysely.selectFrom("quota_points").select("expire").execute();
    expect(Math.abs((row?.expire ?? 0) - now - 60_000)).toBeLessThan(20_000);
  });

  it("begin a new window when it has ended by the database's clock", async () => {
    const { quotas, kysely } = await replicas(2, 3);
    await quotas[0].take(one, 3);
    await kysely
      .updateTable("quota_points")
      .set(({ eb }) => ({ expire: eb("expire", "-", 60_000) }))
      .execute();
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(Date.now() - HOUR);
    await expect(quotas[1].take(one, 3)).resolves.toBeUndefined();
  });

  it("clear what ended an hour ago by the database's clock", async () => {
    const { kysely, client } = await replicas(1, 3);
    const now = Date.now();
    const rows = [HOUR + 60_000, HOUR - 60_000].map((ago) => ({
      key: `${ago}`,
      points: 1,
      expire: now - ago,
    }));
    await kysely.insertInto("quota_points").values(rows).execute();
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(now + HOUR);
    // As rate-limiter-flexible has it.
    const text = `DELETE FROM "quota_points" WHERE expire < $1`;
    await client.query({ text, values: [Date.now() - HOUR] });
    const left = await kysely.selectFrom("quota_points").select("key").execute();
    expect(left).toEqual([{ key: `${HOUR - 60_000}` }]);
  });
});

describe("a database that does not answer", () => {
  it("is waited for for half a second, and then not asked for a second", async () => {
    const { client } = await replicas(1, 3);
    const timed = async (text: string) => {
      const begin = performance.now();
      await expect(client.query({ text, values: [] })).rejects.toThrow(DatabaseUnavailable);
      return performance.now() - begin;
    };
    const first = await timed("select pg_sleep(1), $1::bigint");
    expect(first).toBeGreaterThan(490);
    expect(first).toBeLessThan(1500);
    expect(await timed("select $1::bigint")).toBeLessThan(100);
    await expect
      .poll(() => client.query({ text: "select $1::bigint as now", values: [] }), { timeout: 5000 })
      .toMatchObject({ rows: [{ now: expect.any(Number) }] });
  });

  it("leaves each server its own count, within a second", async () => {
    const { url, pause, resume } = await ownPostgres();
    const { quotas } = await replicas(2, 3, url);
    pause();
    const begin = performance.now();
    for (const quota of quotas) {
      await Promise.all([quota.take(one, 1), quota.take(one, 1), quota.take(one, 1)]);
      await expect(quota.take(one, 1)).rejects.toMatchObject({ extensions: { code: "RATE_LIMITED" } });
    }
    expect(performance.now() - begin).toBeLessThan(2000);
    resume();
  });
});
