import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { callerWith, localCaller } from "../../src/access/caller.ts";
import { Quota } from "../../src/access/quota.ts";
import { RateLimited } from "../../src/errors.ts";

const one = callerWith("key:1", "one", {});
const two = callerWith("key:2", "two", {});

const tokens = (perMinute: number | null) => new Quota("tokens", perMinute);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a quota", () => {
  it("gives as many as it says, and refuses one more", async () => {
    const quota = tokens(3);
    for (let taken = 0; taken < 3; taken++) await quota.take(one, 1);
    const refusal = quota.take(one, 1);
    await expect(refusal).rejects.toThrow(RateLimited);
    await expect(refusal).rejects.toMatchObject({
      message: "Too many tokens were requested; try again in 60 seconds",
      extensions: { code: "RATE_LIMITED", retryAfterSeconds: 60 },
    });
  });

  it("counts what is asked for at once", async () => {
    const quota = tokens(3);
    await quota.take(one, 2);
    await expect(quota.take(one, 2)).rejects.toThrow(RateLimited);
  });

  it("says how many can be asked for at once", () => {
    expect(tokens(3).most(one)).toBe(3);
    expect(tokens(3).most(localCaller())).toBe(3);
    expect(tokens(null).most(one)).toBe(6000);
    expect(tokens(null).most(localCaller())).toBe(Number.POSITIVE_INFINITY);
  });

  it("counts what it refuses, too", async () => {
    const quota = tokens(3);
    await expect(quota.take(one, 4)).rejects.toThrow(RateLimited);
    await expect(quota.take(one, 1)).rejects.toThrow(RateLimited);
  });

  it("counts each caller by itself, and the same caller in every request", async () => {
    const quota = tokens(1);
    await quota.take(one, 1);
    await quota.take(two, 1);
    await expect(quota.take({ ...one, admitted: new Set() }, 1)).rejects.toThrow(RateLimited);
  });

  it("says how long is left of the minute, rounded up to whole seconds and never 0", async () => {
    const quota = tokens(1);
    await quota.take(one, 1);
    await vi.advanceTimersByTimeAsync(20_500);
    await expect(quota.take(one, 1)).rejects.toMatchObject({ extensions: { retryAfterSeconds: 40 } });
    await vi.advanceTimersByTimeAsync(39_499);
    await expect(quota.take(one, 1)).rejects.toMatchObject({ extensions: { retryAfterSeconds: 1 } });
  });

  it("begins anew after a minute", async () => {
    const quota = tokens(1);
    await quota.take(one, 1);
    await vi.advanceTimersByTimeAsync(60_001);
    await expect(quota.take(one, 1)).resolves.toBeUndefined();
  });
});

describe("a quota of tokens or sessions", () => {
  it.each([
    ["tokens", 6000],
    ["sessions", 600],
  ] as const)("of %s is %i unless it is configured, but none for a local caller", async (counted, most) => {
    const quota = new Quota(counted, null);
    await expect(quota.take(one, most)).resolves.toBeUndefined();
    await expect(quota.take(one, 1)).rejects.toThrow(RateLimited);
    await expect(quota.take(localCaller(), 1_000_000)).resolves.toBeUndefined();
  });

  it("says what was too much", async () => {
    await expect(new Quota("sessions", 1).take(one, 2)).rejects.toThrow(
      "Too many sessions were requested; try again in 60 seconds",
    );
  });

  it("is what is configured, for a local caller, too", async () => {
    const quota = tokens(2);
    for (const caller of [one, localCaller()]) {
      await expect(quota.take(caller, 2)).resolves.toBeUndefined();
      await expect(quota.take(caller, 1)).rejects.toThrow(RateLimited);
    }
  });
});
