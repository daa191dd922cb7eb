import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { turns } from "../../src/shares/turns.ts";

const PER_SLICE = 32;

/** An event loop whose clock goes on only while something works on it, or when it is told to. */
function eventLoop(perSlice = PER_SLICE) {
  let time = 0;
  const turn = turns(perSlice, () => time);
  const served: string[] = [];
  const taken = new Map<string, number>();
  return {
    served,
    taken: (callerId: string) => taken.get(callerId) ?? 0,
    idle: (milliseconds: number) => {
      time += milliseconds;
    },
    /** Waits for a turn, and works for so many milliseconds in it. */
    async work(callerId: string, milliseconds: number) {
      await turn(callerId);
      served.push(callerId);
      taken.set(callerId, (taken.get(callerId) ?? 0) + milliseconds);
      time += milliseconds;
    },
    /** Lets the loop turn until so much has been served. Where nothing can be, time goes by. */
    async until(count: number) {
      while (served.length < count) {
        const before = served.length;
        await nextTurn();
        await nextTurn();
        if (served.length > before) continue;
        // A timer may wait for the end of a rest.
        time += 1;
        await pause(1);
      }
    },
  };
}

describe("turns", () => {
  it("let those that come alone begin together, in their order, up to a number", async () => {
    const { work, served, until } = eventLoop(3);
    const all = Array.from({ length: 7 }, (_, i) => work("one", 0.01).then(() => i));
    expect(served).toEqual([]);
    await nextTurn();
    expect(served).toHaveLength(3);
    await until(7);
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("lose nothing, and run nothing twice", async () => {
    const item = fc.record({
      callerId: fc.constantFrom("a", "b", "c"),
      milliseconds: fc.constantFrom(0, 0.1, 0.7, 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 30 }), async (items) => {
        const { work, served, until } = eventLoop(4);
        const all = items.map(({ callerId, milliseconds }) => work(callerId, milliseconds));
        await until(items.length);
        await Promise.all(all);
        await nextTurn();
        await nextTurn();
        expect([...served].sort()).toEqual(items.map(({ callerId }) => callerId).sort());
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [0.1, 0.1],
    [0.1, 0.4],
    [0.1, 0.7],
    [0.05, 1.4],
    [0.1, 3],
    [2, 3],
    [1, 10],
  ])(
    "give callers that always wait each a third of the time or more, with work of %d and %d milliseconds",
    async (a, b) => {
      const { work, taken, served, until } = eventLoop();
      let goesOn = true;
      const always = async (callerId: string, milliseconds: number) => {
        while (goesOn) await work(callerId, milliseconds);
      };
      for (let i = 0; i < PER_SLICE; i++)
        for (const [name, cost] of [
          ["a", a],
          ["b", b],
        ] as const)
          void always(name, cost);
      // In the first slices nobody knows yet what the work takes.
      await until(2 * PER_SLICE);
      const before = { a: taken("a"), b: taken("b") };
      while (taken("b") < before.b + 60 * b) await until(served.length + 1);
      goesOn = false;
      const [ofA, ofB] = [taken("a") - before.a, taken("b") - before.b];
      // One whose work is heavy rests, and so may get less than a half.
      expect(Math.min(ofA, ofB) / (ofA + ofB)).toBeGreaterThan(1 / 3);
    },
  );

  it("give a caller that comes late its share, and no credit for its absence", async () => {
    const { work, served, until } = eventLoop();
    void work("late", 1);
    await until(1);
    for (let i = 0; i < 400; i++) void work("steady", 1);
    await until(201);
    for (let i = 0; i < 100; i++) void work("late", 1);
    const start = served.length;
    await until(start + 60);
    const late = served.slice(start, start + 60).filter((callerId) => callerId === "late").length;
    expect(late).toBeGreaterThanOrEqual(28);
    expect(late).toBeLessThanOrEqual(32);
  });

  it("give heavy work a slice of its own", async () => {
    const { work, served, until } = eventLoop();
    void work("heavy", 5);
    void work("light", 0.1);
    await until(2);
    // Both began in one slice, as nobody knew: from now on the first is heavy.
    void work("heavy", 5);
    await until(3);
    for (let i = 0; i < 3; i++)
      for (const [name, cost] of [
        ["heavy", 5],
        ["light", 0.01],
      ] as const)
        void work(name, cost);
    const slices: string[][] = [];
    while (served.length < 9) {
      const before = served.length;
      await until(before + 1);
      slices.push(served.slice(before));
    }
    for (const slice of slices) {
      if (slice.includes("heavy")) expect(slice).toEqual(["heavy"]);
    }
    expect(slices.filter((slice) => slice.includes("heavy"))).toHaveLength(3);
  });

  it("serve a light caller at once while a heavy one rests, and the heavy one after its rest", async () => {
    const { work, served, idle } = eventLoop();
    await work("light", 0.1);
    await nextTurn();
    await work("heavy", 500);
    await nextTurn();
    const again = work("heavy", 500);
    for (let i = 0; i < 5; i++) await nextTurn();
    // It rests for half a second, and a timer waits for that.
    expect(served).toEqual(["light", "heavy"]);
    const begin = performance.now();
    for (let i = 0; i < 3; i++) await work("light", 0.1);
    expect(performance.now() - begin).toBeLessThan(250);
    expect(served).toEqual(["light", "heavy", "light", "light", "light"]);
    // The time until here is counted for the light one.
    await nextTurn();
    idle(499);
    for (let i = 0; i < 5; i++) await nextTurn();
    expect(served).toHaveLength(5);
    idle(1);
    await Promise.all([again, work("light", 0.1)]);
    expect(served.slice(5).sort()).toEqual(["heavy", "light"]);
  });

  it("let a heavy caller not rest where nobody else is active", async () => {
    const { work, served, idle } = eventLoop();
    await work("light", 0.1);
    await nextTurn();
    idle(1001);
    for (let i = 0; i < 4; i++) void work("heavy", 400);
    for (let i = 0; i < 4; i++) await nextTurn();
    expect(served.filter((callerId) => callerId === "heavy")).toHaveLength(4);
  });
});
