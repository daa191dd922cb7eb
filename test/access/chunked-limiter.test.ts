import fc from "fast-check";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChunkedLimiter } from "../../src/access/chunked-limiter.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** So many servers, each with a limiter of its own in front of the one that they share, which counts how often it is asked. */
function servers(count: number, points: number) {
  const memory = new RateLimiterMemory({ points, duration: 60 });
  let asked = 0;
  const shared = {
    consume(key: string, wanted: number) {
      asked += 1;
      return memory.consume(key, wanted);
    },
  };
  const limiters = Array.from({ length: count }, () => new ChunkedLimiter(shared, points));
  const take = (server: number, wanted = 1, key = "one") =>
    (limiters[server] as ChunkedLimiter).consume(key, wanted).then(
      () => wanted,
      (refusal) => {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return 0;
      },
    );
  return { limiters, take, asked: () => asked };
}

describe("servers that take chunks of a quota", () => {
  it("give together exactly the quota to a caller who asks all of them, and never more to anybody", async () => {
    const asks = fc.array(fc.record({ server: fc.nat({ max: 3 }), wanted: fc.integer({ min: 1, max: 40 }) }));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), asks, async (points, asked) => {
        const { take } = servers(4, points);
        const given = await Promise.all(asked.map(({ server, wanted }) => take(server, wanted)));
        expect(given.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(points);

        const { take: takeOne } = servers(4, points);
        let ones = 0;
        for (let server = 0; server < 4; server++) while ((await takeOne(server)) > 0) ones += 1;
        expect(ones).toBe(points);
      }),
    );
  });

  it.each([
    [99, 1],
    [100, 2],
    [6000, 120],
  ])("of %i points take %i at once", async (points, chunk) => {
    const { take, asked } = servers(1, points);
    for (let n = 0; n < chunk; n++) await take(0);
    expect(asked()).toBe(1);
    await take(0);
    expect(asked()).toBe(2);
  });

  it("leave no more than a chunk unused on each that is asked no more", async () => {
    const { take } = servers(2, 100);
    expect(await take(0)).toBe(1);
    let given = 1;
    while ((await take(1)) > 0) given += 1;
    expect(given).toBe(99);
    expect(await take(0)).toBe(1);
    expect(await take(0)).toBe(0);
  });

  it("ask once for all that are asked at once", async () => {
    const { take, asked } = servers(1, 6000);
    await Promise.all(Array.from({ length: 120 }, () => take(0)));
    expect(asked()).toBe(1);
  });

  it("do not ask for a caller who has no more, until the window ends", async () => {
    const { limiters, take, asked } = servers(2, 10);
    await vi.advanceTimersByTimeAsync(5000);
    for (let n = 0; n < 10; n++) expect(await take(0)).toBe(1);
    expect(asked()).toBe(10);
    await vi.advanceTimersByTimeAsync(20_000);
    for (let n = 0; n < 10; n++) expect(await take(0)).toBe(0);
    expect(asked()).toBe(10);
    await expect(limiters[0]?.consume("one", 1)).rejects.toMatchObject({ msBeforeNext: 40_000 });
    // The other one does not know, and asks once.
    for (let n = 0; n < 10; n++) expect(await take(1)).toBe(0);
    expect(asked()).toBe(11);
    await vi.advanceTimersByTimeAsync(39_999);
    expect(await take(0)).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await take(0)).toBe(1);
    expect(await take(1)).toBe(1);
  });

  it("spend nothing of one window in the next", async () => {
    const { take } = servers(1, 100);
    await take(0);
    await vi.advanceTimersByTimeAsync(60_000);
    let given = 0;
    while ((await take(0)) > 0) given += 1;
    expect(given).toBe(100);
  });

  it("count what they refuse, too, and each caller alone", async () => {
    const { take } = servers(2, 10);
    expect(await take(0, 11)).toBe(0);
    expect(await take(0)).toBe(0);
    expect(await take(1)).toBe(0);
    expect(await take(0, 10, "two")).toBe(10);
  });

  it("ask once for each take when the window ends at once", async () => {
    const consume = vi.fn(async (_key: string, points: number) => new RateLimiterRes(9, 0, points));
    const limiter = new ChunkedLimiter({ consume }, 10);
    await Promise.all([limiter.consume("one", 1), limiter.consume("one", 2)]);
    expect(consume.mock.calls.map(([, points]) => points)).toEqual([1, 2]);
  });

  it("wait for what another take asks for, and get no error of its", async () => {
    let answer: (result: Promise<RateLimiterRes>) => void = () => {};
    const consume = vi
      .fn()
      .mockReturnValueOnce(
        new Promise((resolve) => {
          answer = resolve;
        }),
      )
      .mockResolvedValueOnce(new RateLimiterRes(9, 60_000, 1, true));
    const limiter = new ChunkedLimiter({ consume }, 10);
    const [first, second] = [limiter.consume("one", 1), limiter.consume("one", 1)];
    answer(Promise.reject(new Error("away")));
    await expect(first).rejects.toThrow("away");
    await expect(second).resolves.toBeUndefined();
  });

  it("pass on what is wrong with the shared limiter, and ask it again", async () => {
    const consume = vi
      .fn()
      .mockRejectedValueOnce(new Error("away"))
      .mockResolvedValueOnce(new RateLimiterRes(9, 60_000, 1, true));
    const limiter = new ChunkedLimiter({ consume }, 10);
    await expect(limiter.consume("one", 1)).rejects.toThrow("away");
    await expect(limiter.consume("one", 1)).resolves.toBeUndefined();
  });
});
