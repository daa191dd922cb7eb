import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { callerWith, localCaller } from "../../src/access/caller.ts";
import { quotaOf, tokenQuota } from "../../src/access/token-quota.ts";
import { RateLimited } from "../../src/errors.ts";

const one = callerWith("key:1", "one", {});
const two = callerWith("key:2", "two", {});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("tokenQuota", () => {
  it("gives as many as it says, and refuses one more", async () => {
    const quota = tokenQuota(3);
    for (let taken = 0; taken < 3; taken++) await quota.take(one, 1);
    const refusal = quota.take(one, 1);
    await expect(refusal).rejects.toThrow(RateLimited);
    await expect(refusal).rejects.toMatchObject({
      message: "Too many tokens were asked for; ask again in 60 seconds",
      extensions: { code: "RATE_LIMITED", retryAfterSeconds: 60 },
    });
  });

  it("counts what is asked for at once", async () => {
    const quota = tokenQuota(3);
    await quota.take(one, 2);
    await expect(quota.take(one, 2)).rejects.toThrow(RateLimited);
  });

  it("says how many can be asked for at once", () => {
    expect(tokenQuota(3).most(one)).toBe(3);
    expect(quotaOf(3).most(localCaller())).toBe(3);
    expect(quotaOf(null).most(one)).toBe(6000);
    expect(quotaOf(null).most(localCaller())).toBe(Number.POSITIVE_INFINITY);
  });

  it("counts what it refuses, too", async () => {
    const quota = tokenQuota(3);
    await expect(quota.take(one, 4)).rejects.toThrow(RateLimited);
    await expect(quota.take(one, 1)).rejects.toThrow(RateLimited);
  });

  it("counts each caller by itself, and the same caller in every request", async () => {
    const quota = tokenQuota(1);
    await quota.take(one, 1);
    await quota.take(two, 1);
    await expect(quota.take({ ...one, admitted: new Set() }, 1)).rejects.toThrow(RateLimited);
  });

  it("says how long is left of the minute, rounded up to whole seconds and never 0", async () => {
    const quota = tokenQuota(1);
    await quota.take(one, 1);
    await vi.advanceTimersByTimeAsync(20_500);
    await expect(quota.take(one, 1)).rejects.toMatchObject({ extensions: { retryAfterSeconds: 40 } });
    await vi.advanceTimersByTimeAsync(39_499);
    await expect(quota.take(one, 1)).rejects.toMatchObject({ extensions: { retryAfterSeconds: 1 } });
  });

  it("begins anew after a minute", async () => {
    const quota = tokenQuota(1);
    await quota.take(one, 1);
    await vi.advanceTimersByTimeAsync(60_001);
    await expect(quota.take(one, 1)).resolves.toBeUndefined();
  });
});

describe("quotaOf", () => {
  it("is the default when nothing is said, but none for this machine without authentication", async () => {
    const quota = quotaOf(null);
    await expect(quota.take(one, 6000)).resolves.toBeUndefined();
    await expect(quota.take(one, 1)).rejects.toThrow(RateLimited);
    await expect(quota.take(localCaller(), 1_000_000)).resolves.toBeUndefined();
  });

  it("is what was said, for this machine too", async () => {
    const quota = quotaOf(2);
    for (const caller of [one, localCaller()]) {
      await expect(quota.take(caller, 2)).resolves.toBeUndefined();
      await expect(quota.take(caller, 1)).rejects.toThrow(RateLimited);
    }
  });
});
