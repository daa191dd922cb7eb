import { describe, expect, it } from "vitest";
import { judge, type Seen, slopeOf } from "../../bench/soak/verdict.js";

const memoryOf = (megabytesAt: (minutes: number) => number) =>
  Array.from({ length: 20 }, (_, i) => ({ minutes: i, megabytes: megabytesAt(i) }));

const tenthsOf = (first: number, last: number, answers = 1000) =>
  Array.from({ length: 10 }, (_, i) => ({ answers, p99: first + ((last - first) * i) / 9 }));

const GOOD: Seen = { memory: memoryOf(() => 150), tenths: tenthsOf(10, 10), failed: 0, failures: [] };
const failuresOf = (seen: Partial<Seen>) => judge({ ...GOOD, ...seen }).failures;

describe("the verdict of a soak", () => {
  it("is nothing where all is well", () => {
    expect(judge(GOOD)).toEqual({ slope: 0, slowdown: 1, failures: [], unjudged: [] });
  });

  it("is about memory that grows by more than 1 MB a minute", () => {
    expect(failuresOf({ memory: memoryOf((minutes) => 150 + 0.99 * minutes) })).toEqual([]);
    expect(failuresOf({ memory: memoryOf((minutes) => 150 + 1.5 * minutes) })).toEqual([
      "memory: grows by 1.50 MB a minute; at most 1 is allowed",
    ]);
  });

  it("sees growth through a sawtooth, and none in one odd point", () => {
    expect(slopeOf(memoryOf((minutes) => 150 + 2 * minutes + 5 * (minutes % 3)))).toBeCloseTo(2, 0);
    expect(failuresOf({ memory: memoryOf((minutes) => 150 + 5 * (minutes % 3)) })).toEqual([]);
    expect(failuresOf({ memory: memoryOf((minutes) => (minutes === 19 ? 400 : 150)) })).toEqual([]);
  });

  it("is about answers that were wrong", () => {
    expect(failuresOf({ failed: 2, failures: ["viewer: HTTP 500"] })).toEqual([
      "answers: 2 were wrong, such as: viewer: HTTP 500",
    ]);
  });

  it("is about a p99 that grows by more than half", () => {
    expect(failuresOf({ tenths: tenthsOf(10, 15) })).toEqual([]);
    expect(failuresOf({ tenths: tenthsOf(10, 16) })).toEqual([
      "p99: is 1.60 times that of the first tenth; at most 1.5 is allowed",
    ]);
  });

  it("has a line for each bound that is broken", () => {
    const failures = failuresOf({
      memory: memoryOf((minutes) => 2 * minutes),
      tenths: tenthsOf(10, 30),
      failed: 1,
      failures: ["viewer: HTTP 500"],
    });
    expect(failures.map((line) => line.split(":")[0])).toEqual(["answers", "memory", "p99"]);
  });

  it("says what is too short to be judged, and never that of wrong answers", () => {
    const short = judge({
      memory: memoryOf((minutes) => 150 + 9 * minutes).slice(0, 2),
      tenths: tenthsOf(10, 99, 999),
      failed: 1,
      failures: ["viewer: HTTP 500"],
    });
    expect(short.failures).toEqual(["answers: 1 were wrong, such as: viewer: HTTP 500"]);
    expect(short.unjudged).toEqual([
      expect.stringMatching(/^memory: .* 7 minutes/),
      expect.stringMatching(/^p99: .* 1000 /),
    ]);
  });
});
