import { describe, expect, it } from "vitest";
import { judge, type Seen, slopeOf } from "../../bench/soak/verdict.js";

/** Twenty points in sixteen minutes, as of a soak of twenty. */
const memoryOf = (megabytesAt: (minutes: number, i: number) => number) =>
  Array.from({ length: 20 }, (_, i) => {
    const minutes = 4 + 0.8 * i;
    return { minutes, megabytes: megabytesAt(minutes, i) };
  });

const tenthsOf = (first: number, last: number, answers = 1000) =>
  Array.from({ length: 10 }, (_, i) => ({ answers, p99: first + ((last - first) * i) / 9 }));

const GOOD = {
  answers: 240_000,
  memory: memoryOf(() => 150),
  tenths: tenthsOf(10, 10),
  failed: 0,
  failures: [],
  early: false,
};
const verdictOf = (seen: Partial<Seen & { early: boolean }>) => judge({ ...GOOD, ...seen });
const failuresOf = (seen: Partial<Seen>) => verdictOf(seen).failures;

describe("the verdict of a soak", () => {
  it("is that it has passed where all is well", () => {
    expect(judge(GOOD)).toEqual({ outcome: "passed", slope: 0, slowdown: 1, failures: [], unjudged: [] });
  });

  it.each([
    ["leaks a little too much", (minutes: number) => 150 + 1.05 * minutes, 1.05],
    ["leaks in the last four minutes alone", (minutes: number) => 150 + 30 * Math.max(0, minutes - 16), 2.91],
    ["grows by a step", (minutes: number) => (minutes < 12 ? 150 : 250), 10.45],
    ["leaks in a sawtooth", (minutes: number, i: number) => 150 + 1.5 * minutes + 5 * (i % 3), 1.5],
  ])("is about memory that %s", (_, megabytesAt, slope) => {
    const verdict = verdictOf({ memory: memoryOf(megabytesAt) });
    expect(verdict.slope).toBeCloseTo(slope, 1);
    expect(verdict.outcome).toBe("failed");
    expect(verdict.failures).toEqual([
      `memory: grows by ${verdict.slope?.toFixed(2)} MB a minute; at most 1 is allowed`,
    ]);
  });

  it.each([
    ["grows by a little less than what is allowed", (minutes: number) => 150 + 0.95 * minutes],
    ["shrinks", (minutes: number) => 150 - 5 * minutes],
    ["is a sawtooth of short teeth", (_: number, i: number) => 150 + 20 * (i % 3)],
    ["is a sawtooth of long teeth", (_: number, i: number) => 150 + 4 * (i % 7)],
  ])("is not about memory that %s", (_, megabytesAt) => {
    expect(failuresOf({ memory: memoryOf(megabytesAt) })).toEqual([]);
  });

  it("is not about one odd point of memory, whichever it is", () => {
    for (let odd = 0; odd < 20; odd++)
      for (const megabytes of [0, 400])
        expect(slopeOf(memoryOf((_, i) => (i === odd ? megabytes : 150)))).toBeCloseTo(0);
  });

  it("is about memory that nobody saw, though there were answers", () => {
    expect(failuresOf({ memory: [] })).toEqual(["memory: was never seen after the warm-up"]);
  });

  it("is about answers that were wrong, and about none", () => {
    expect(failuresOf({ failed: 2, failures: ["viewer: HTTP 500"] })).toEqual([
      "answers: 2 were wrong, such as: viewer: HTTP 500",
    ]);
    const nothing = verdictOf({ answers: 0, memory: [], tenths: tenthsOf(0, 0, 0), early: true });
    expect(nothing).toMatchObject({ outcome: "failed", failures: ["answers: there was none"] });
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

  it.each([
    ["was stopped early", { early: true }, /^the rest: it was stopped early$/],
    ["did not watch memory for long", { memory: GOOD.memory.slice(0, 9) }, /^memory: .* 7 minutes/],
    ["saw memory too seldom", { memory: [0, 9, 19].flatMap((i) => GOOD.memory[i] ?? []) }, /^memory: /],
    ["had few answers", { tenths: tenthsOf(10, 99, 999) }, /^p99: .* 1000 /],
    ["had none at the end", { tenths: [...tenthsOf(10, 10).slice(1), { answers: 0, p99: 0 }] }, /^p99: /],
  ])("is none of a soak that %s", (_, seen, reason) => {
    expect(verdictOf(seen)).toMatchObject({
      outcome: "not judged",
      failures: [],
      unjudged: [expect.stringMatching(reason)],
    });
  });

  it("is that a soak has failed though it was not judged in all", () => {
    expect(verdictOf({ early: true, failed: 1, failures: ["viewer: HTTP 500"] }).outcome).toBe("failed");
    expect(verdictOf({ early: true, memory: memoryOf((minutes) => 2 * minutes) }).outcome).toBe("failed");
  });
});
