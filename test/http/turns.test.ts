import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { turns } from "../../src/http/turns.ts";

describe("turns", () => {
  it("lets only so many begin in one turn of the event loop, in the order in which they came", async () => {
    const turn = turns(3);
    const begun: number[] = [];
    for (let i = 0; i < 8; i++) turn().then(() => begun.push(i));
    await Promise.resolve();
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2]);
    await nextTurn();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    await nextTurn();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("counts those that waited, too", async () => {
    const turn = turns(2);
    const begun: string[] = [];
    for (const name of ["a", "b", "c"]) turn().then(() => begun.push(name));
    await nextTurn();
    for (const name of ["d", "e"]) turn().then(() => begun.push(name));
    await Promise.resolve();
    await Promise.resolve();
    expect(begun).toEqual(["a", "b", "c", "d"]);
    await nextTurn();
    expect(begun).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("lets one that comes alone begin at once, also after a burst", async () => {
    const turn = turns(1);
    await Promise.all([turn(), turn(), turn()]);
    await nextTurn();
    await nextTurn();
    let begun = false;
    turn().then(() => {
      begun = true;
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(begun).toBe(true);
  });
});
