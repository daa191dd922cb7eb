import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { turns } from "../../src/http/turns.ts";

describe("turns", () => {
  it("lets those that come in one turn of the event loop begin together, in the order in which they came", async () => {
    const turn = turns(3);
    const begun: number[] = [];
    for (let i = 0; i < 2; i++) turn("one").then(() => begun.push(i));
    await Promise.resolve();
    expect(begun).toEqual([]);
    turn("one").then(() => begun.push(2));
    await nextTurn();
    expect(begun).toEqual([0, 1, 2]);
  });

  it("lets only so many begin in one turn", async () => {
    const turn = turns(3);
    const begun: number[] = [];
    for (let i = 0; i < 7; i++) turn("one").then(() => begun.push(i));
    await nextTurn();
    expect(begun).toEqual([0, 1, 2]);
    turn("one").then(() => begun.push(7));
    await nextTurn();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    await nextTurn();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("lets nobody wait for the burst of another caller", async () => {
    const turn = turns(2);
    const begun: string[] = [];
    const ask = (caller: string, count: number) => {
      for (let i = 1; i <= count; i++) turn(caller).then(() => begun.push(`${caller}${i}`));
    };
    ask("greedy", 100);
    ask("a", 2);
    ask("b", 1);
    await nextTurn();
    expect(begun).toEqual(["greedy1", "a1"]);
    await nextTurn();
    expect(begun.slice(2)).toEqual(["b1", "greedy2"]);
    await nextTurn();
    expect(begun.slice(4)).toEqual(["a2", "greedy3"]);
    ask("a", 1);
    await nextTurn();
    expect(begun.slice(6)).toEqual(["greedy4", "a1"]);
    for (let turn = 0; turn < 60; turn++) await nextTurn();
    expect(begun).toHaveLength(104);
    expect(new Set(begun.filter((name) => name.startsWith("greedy"))).size).toBe(100);
  });

  it("lets one that comes alone begin in its turn, also after a burst", async () => {
    const turn = turns(1);
    await Promise.all([turn("one"), turn("one"), turn("one")]);
    await nextTurn();
    await nextTurn();
    let begun = false;
    turn("one").then(() => {
      begun = true;
    });
    await nextTurn();
    expect(begun).toBe(true);
  });
});
