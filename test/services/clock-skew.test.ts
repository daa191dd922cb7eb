import { describe, expect, it } from "vitest";
import { isSkewed, measureSkew, watchSkew } from "../../src/services/clock-skew.ts";

const NOW = Date.parse("2026-11-28T00:00:00.000Z");
const now = () => new Date(NOW);
const later = <T>(milliseconds: number, value: T) =>
  new Promise<T>((resolve) => setTimeout(() => resolve(value), milliseconds));

describe("the skew of clocks", () => {
  it("is how far the process is ahead, without half of the round trip", async () => {
    expect(await measureSkew(async () => NOW - 5000, now)).toBeCloseTo(5000, -2);
    expect(await measureSkew(async () => NOW + 5000, now)).toBeCloseTo(-5000, -2);
    // Read after half of 400 milliseconds, by clocks that agree.
    const skew = await measureSkew(() => later(400, NOW + 200), now);
    expect(Math.abs(skew ?? 1000)).toBeLessThan(150);
  });

  it("is not known when the database does not answer, or too slowly to tell", async () => {
    expect(await measureSkew(() => Promise.reject(new Error("away")), now)).toBeNull();
    expect(await measureSkew(() => later(1100, NOW), now)).toBeNull();
  });

  it("counts from two seconds on, in both directions, until it is below one", () => {
    for (const sign of [1, -1]) {
      expect([1999, 2000].map((skew) => isSkewed(sign * skew, false))).toEqual([false, true]);
      expect([999, 1000].map((skew) => isSkewed(sign * skew, true))).toEqual([false, true]);
    }
  });
});

it("is told of once, and once more when it has ended", async () => {
  const skews = [0, 3000, 1500, -2500, 700, 0];
  let asked = 0;
  const measured: number[] = [];
  const changes: (readonly [number, boolean])[] = [];
  const round = (skew: number) => Math.round(skew / 100) * 100;
  const watch = watchSkew(
    async () => NOW - (skews[asked++] ?? 0),
    now,
    {
      onMeasured: (skew) => measured.push(round(skew)),
      onChange: (skew, differ) => changes.push([round(skew), differ]),
    },
    1,
  );
  await expect.poll(() => measured.length).toBeGreaterThan(skews.length);
  await watch.stop();
  expect(measured.slice(0, 6)).toEqual([0, 3000, 1500, -2500, 700, 0]);
  expect(changes).toEqual([
    [3000, true],
    [700, false],
  ]);
});
