import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { inTurns } from "../../../src/graphql/resolvers/in-turns.ts";

describe("inTurns", () => {
  it("hands out the items in their order, so many in each tick of the event loop", async () => {
    const items = Array.from({ length: 10 }, (_, i) => i);
    const perTurn: number[][] = [[]];
    for (const promise of inTurns(items, 4, nextTurn)) promise.then((item) => perTurn.at(-1)?.push(item));
    while (perTurn.flat().length < 10) {
      // What comes in the microtasks of an immediate is of its turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
      perTurn.push([]);
    }
    expect(perTurn.filter((turn) => turn.length > 0)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  it("hands out nothing of nothing", () => {
    expect(inTurns([], 4, nextTurn)).toEqual([]);
  });
});
