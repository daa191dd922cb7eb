import { describe, expect, it } from "vitest";
import { Observations } from "../../bench/soak/observations.js";

const MINUTE = 60_000;

/** Of a soak of twenty minutes, which is over its warm-up after four, and has tenths of 1.6 minutes and windows of 0.8. */
function observations() {
  let now = 5000;
  const seen = new Observations(20 * MINUTE, () => now);
  const at = (minutes: number) => 5000 + minutes * MINUTE;
  return {
    seen,
    at,
    lookAt: (minutes: number, megabytes: number) => {
      now = at(minutes);
      seen.look(megabytes);
    },
    lineAt: (minutes: number) => {
      now = at(minutes);
      return seen.line();
    },
  };
}

describe("what a soak sees", () => {
  it("has each answer in the tenth in which it was due, and none of the warm-up", () => {
    const { seen, at } = observations();
    seen.answer(at(0), 900);
    seen.answer(at(3.99), 900);
    seen.answer(at(4), 10);
    seen.answer(at(5.59), 30);
    seen.answer(at(5.61), 50);
    seen.answer(at(19.99), 7000);
    seen.answer(at(20), 7000);
    const { answers, tenths } = seen.seen();
    expect(answers).toBe(7);
    expect(tenths.map((tenth) => tenth.answers)).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    const p99s = tenths.map(({ p99 }) => Math.round(p99));
    expect([p99s[0], p99s[1], p99s[9]]).toEqual([30, 50, expect.closeTo(7000, -1)]);
  });

  it("has the least memory of each window, and when that was", () => {
    const { seen, lookAt } = observations();
    lookAt(3.9, 10);
    lookAt(4.1, 160);
    lookAt(4.3, 150);
    lookAt(4.5, 170);
    lookAt(4.9, 180);
    lookAt(20, 190);
    expect(seen.seen().memory.map(({ megabytes }) => megabytes)).toEqual([150, 180, 190]);
    expect(seen.seen().memory.map(({ minutes }) => minutes)).toEqual(
      [4.3, 4.9, 20].map((n) => expect.closeTo(n)),
    );
  });

  it("tells what was new since the last line", () => {
    const { seen, at, lookAt, lineAt } = observations();
    for (let i = 0; i < 600; i++) seen.answer(at(0.5), 20);
    lookAt(0.9, 123.4);
    expect(lineAt(1)).toMatch(/^1\.00 min {2}10\/s {2}p50 20\.0 ms {2}p99 20\.0 ms {2}123 MB {2}0 wrong$/);
    seen.fail("viewer: HTTP 500");
    expect(lineAt(2)).toBe("2.00 min  0/s  p50 - ms  p99 - ms  123 MB  1 wrong");
  });

  it("counts all failures, and tells five kinds of them, that of the whole first", () => {
    const { seen } = observations();
    for (let i = 0; i < 20; i++) seen.fail(`kind ${i % 10}`);
    seen.failAsAWhole("the server has ended");
    const { failed, failures } = seen.seen();
    expect(failed).toBe(21);
    expect(failures).toEqual(["the server has ended", "kind 0", "kind 1", "kind 2", "kind 3", "kind 4"]);
  });
});
