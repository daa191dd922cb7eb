import { describe, expect, it } from "vitest";
import { gapThatKeeps, MAX_GAP, noteRun, oldBefore, type Run } from "../../src/domain/retention.ts";

const DAY = 24 * 60 * 60 * 1000;
/** An instant of a right clock. */
const NOW = 20_000 * DAY;
const run = (began: number, seen: number): Run => ({ began, seen });

describe("a note that a server runs", () => {
  it("takes all time up to the newest record as run, the first time", () => {
    expect(noteRun([], NOW, NOW - 5)).toEqual([run(0, NOW)]);
    expect(noteRun([], NOW, null)).toEqual([run(0, NOW)]);
    expect(noteRun([], NOW, NOW + DAY)).toEqual([run(0, NOW)]);
    expect(noteRun([], NOW + 100 * DAY, NOW)).toEqual([run(0, NOW), run(NOW + 100 * DAY, NOW + 100 * DAY)]);
  });

  it("goes on with the last run up to an hour after its last note, and begins another one later", () => {
    const runs = [run(0, 10), run(NOW - DAY, NOW)];
    expect(noteRun(runs, NOW + MAX_GAP, NOW)).toEqual([run(0, 10), run(NOW - DAY, NOW + MAX_GAP)]);
    const later = NOW + MAX_GAP + 1;
    expect(noteRun(runs, later, NOW)).toEqual([...runs, run(later, later)]);
  });

  it("changes nothing while the clock is behind the last note", () => {
    const runs = [run(0, 10), run(NOW - DAY, NOW)];
    expect(noteRun(runs, NOW - DAY, NOW)).toEqual(runs);
  });

  it("takes back runs of a clock that was ahead, once a record has the time of a right one", () => {
    const ahead = NOW + 100 * DAY;
    const runs = [run(0, NOW - 10), run(ahead, ahead + DAY)];
    expect(noteRun(runs, NOW, ahead)).toEqual(runs);
    expect(noteRun(runs, NOW, NOW + MAX_GAP + 1)).toEqual(runs);
    expect(noteRun(runs, NOW, NOW + MAX_GAP)).toEqual([run(0, NOW)]);
    expect(noteRun(runs, NOW, null)).toEqual([run(0, NOW)]);
  });

  it("takes back what a clock noted that was ahead in the first run", () => {
    const ahead = NOW + 1000 * DAY;
    const runs = [run(0, ahead)];
    expect(noteRun(runs, NOW, NOW)).toEqual([run(0, NOW)]);
    expect(noteRun(runs, NOW, null)).toEqual([run(0, NOW)]);
    expect(noteRun(runs, NOW, ahead)).toEqual(runs);
    expect(noteRun([run(0, NOW)], NOW - MAX_GAP, null)).toEqual([run(0, NOW)]);
    expect(noteRun([run(0, NOW)], NOW - MAX_GAP - 1, null)).toEqual([run(0, NOW - MAX_GAP - 1)]);
  });

  it("keeps the runs while the clock is at 1970, and the newest record is not", () => {
    const runs = [run(0, 10 * DAY), run(NOW - DAY, NOW)];
    expect(noteRun(runs, 20 * DAY, NOW)).toEqual(runs);
  });
});

describe("records are old", () => {
  const runs = [run(0, NOW)];

  it("so many days before the database's now, and before the newest record, whichever is earlier", () => {
    expect(oldBefore(90, { now: NOW, newest: NOW - 5, runs })).toBe(NOW - 5 - 90 * DAY);
    expect(oldBefore(90, { now: NOW, newest: NOW + 1000 * DAY, runs })).toBe(NOW - 90 * DAY);
    expect(oldBefore(90, { now: NOW, newest: NOW - 100 * DAY, runs })).toBe(NOW - 190 * DAY);
  });

  it("after so many days in which servers ran", () => {
    const ahead = NOW + 100 * DAY;
    const jumped = (seen: number) => [run(0, NOW), run(ahead, seen)];
    const instant = (now: number) => oldBefore(90, { now, newest: now, runs: jumped(now) });
    expect(instant(ahead)).toBe(NOW - 90 * DAY);
    expect(instant(ahead + 89 * DAY)).toBe(NOW - DAY);
    expect(instant(ahead + 90 * DAY - 1)).toBe(NOW - 1);
    // From here on the gap is older than what is kept.
    expect(instant(ahead + 90 * DAY)).toBe(ahead);
    expect(instant(ahead + 91 * DAY)).toBe(ahead + DAY);
  });

  it("never, where servers did not run for so long", () => {
    const young = [run(NOW - DAY, NOW)];
    expect(oldBefore(1, { now: NOW, newest: NOW, runs: young })).toBe(NOW - DAY);
    expect(oldBefore(2, { now: NOW, newest: NOW, runs: young })).toBe(0);
    expect(oldBefore(1, { now: NOW, newest: NOW, runs: [] })).toBe(0);
  });

  it("by several gaps together", () => {
    const often = [run(0, NOW - 50 * DAY), run(NOW - 40 * DAY, NOW - 20 * DAY), run(NOW - 10 * DAY, NOW)];
    expect(oldBefore(40, { now: NOW, newest: NOW, runs: often })).toBe(NOW - 60 * DAY);
    expect(oldBefore(30, { now: NOW, newest: NOW, runs: often })).toBe(NOW - 40 * DAY);
  });
});

describe("a gap is told", () => {
  const gap = { from: NOW - 10 * DAY, to: NOW - 8 * DAY };
  const runs = [run(0, gap.from), run(gap.to, NOW)];
  const age = { now: NOW, newest: NOW, runs };

  it("while it keeps a record that is old by the clock", () => {
    expect(gapThatKeeps(30, NOW - 30 * DAY - 1, age)).toEqual(gap);
    expect(gapThatKeeps(30, NOW - 30 * DAY, age)).toBeNull();
  });

  it("no more when it is longer ago than what is kept", () => {
    expect(gapThatKeeps(8, 0, age)).toBeNull();
    expect(gapThatKeeps(9, 0, age)).toEqual(gap);
  });

  it("when it is the longest, and longer than a day", () => {
    const shortly = (length: number) => [
      run(0, gap.from),
      run(gap.to, NOW - 3 * DAY),
      run(NOW - 3 * DAY + length, NOW),
    ];
    expect(gapThatKeeps(30, 0, { ...age, runs: shortly(DAY + 1) })).toEqual(gap);
    const alone = (length: number) => [run(0, NOW - 3 * DAY), run(NOW - 3 * DAY + length, NOW)];
    expect(gapThatKeeps(30, 0, { ...age, runs: alone(DAY) })).toBeNull();
    expect(gapThatKeeps(30, 0, { ...age, runs: alone(DAY + 1) })).toEqual({
      from: NOW - 3 * DAY,
      to: NOW - 2 * DAY + 1,
    });
  });

  it("when there are many of less than a day, as of a server that runs by day alone", () => {
    const HALF = DAY / 2;
    const days = (count: number) =>
      Array.from({ length: count }, (_, i) => run(NOW - (count - i) * DAY, NOW - (count - i) * DAY + HALF));
    const told = (count: number) => gapThatKeeps(1, 0, { now: NOW, newest: NOW, runs: days(count) });
    expect(told(3)).toBeNull();
    expect(gapThatKeeps(30, 0, { now: NOW, newest: NOW, runs: days(3) })).toBeNull();
    expect(gapThatKeeps(30, 0, { now: NOW, newest: NOW, runs: days(4) })).toEqual({
      from: NOW - 4 * DAY + HALF,
      to: NOW - 3 * DAY,
    });
  });

  it("before a token was issued, too", () => {
    const ahead = NOW + 100 * DAY;
    const jumped = { now: ahead, newest: NOW, runs: [run(0, NOW), run(ahead, ahead)] };
    expect(gapThatKeeps(90, NOW - DAY, jumped)).toEqual({ from: NOW, to: ahead });
  });
});
