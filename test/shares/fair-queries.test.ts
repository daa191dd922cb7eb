import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fairQueries } from "../../src/shares/fair-queries.ts";

const AT_ONCE = async () => {};

/** A database whose reads end when they are told to, on a clock that goes on only then. */
function database(readers: number) {
  let time = 0;
  const read = fairQueries(readers, AT_ONCE, () => time);
  const running: { callerId: string; end: (milliseconds: number) => Promise<void> }[] = [];
  const ask = (callerId: string) => {
    const begin = () =>
      new Promise<string>((resolve) => {
        const entry = {
          callerId,
          end: async (milliseconds: number) => {
            time += milliseconds;
            running.splice(running.indexOf(entry), 1);
            resolve(callerId);
            // Until all that follows from it has run.
            await new Promise(setImmediate);
          },
        };
        running.push(entry);
      });
    return read(callerId, begin);
  };
  return { read, ask, running };
}

describe("fair reads", () => {
  it("run as many at a time as there are readers", async () => {
    const { ask, running } = database(2);
    const asked = [ask("a"), ask("a"), ask("a")];
    expect(running).toHaveLength(2);
    await running[0]?.end(1);
    expect(running).toHaveLength(2);
    await running[0]?.end(1);
    expect(running).toHaveLength(1);
    await running[0]?.end(1);
    expect(await Promise.all(asked)).toEqual(["a", "a", "a"]);
  });

  it("share the time of the reader equally, whatever the reads take", async () => {
    const milliseconds = fc.integer({ min: 1, max: 50 });
    await fc.assert(
      fc.asyncProperty(milliseconds, milliseconds, async (a, b) => {
        const { ask, running } = database(1);
        const taken: Record<string, number> = { a: 0, b: 0 };
        for (let i = 0; i < 60; i++) for (const callerId of ["a", "b"]) void ask(callerId);
        for (let i = 0; i < 60; i++) {
          const { callerId = "", end } = running[0] ?? {};
          const cost = callerId === "a" ? a : b;
          taken[callerId] = (taken[callerId] ?? 0) + cost;
          await end?.(cost);
        }
        expect(Math.abs((taken.a ?? 0) - (taken.b ?? 0))).toBeLessThanOrEqual(Math.max(a, b));
      }),
      { numRuns: 30 },
    );
  });

  it("let a caller that comes late begin after one read of another", async () => {
    const { ask, running } = database(1);
    for (let i = 0; i < 100; i++) void ask("greedy");
    for (let i = 0; i < 10; i++) await running[0]?.end(5);
    const answer = ask("late");
    await running[0]?.end(5);
    expect(running[0]?.callerId).toBe("late");
    await running[0]?.end(5);
    expect(await answer).toBe("late");
    expect(running[0]?.callerId).toBe("greedy");
  });

  it("resolve at a turn of their caller", async () => {
    const turns: string[] = [];
    let begin = () => {};
    const turn = (callerId: string) => {
      turns.push(callerId);
      return new Promise<void>((resolve) => {
        begin = resolve;
      });
    };
    const read = fairQueries(1, turn, () => 0);
    let resolved = false;
    const answer = read("a", async () => "row").then((value) => {
      resolved = true;
      return value;
    });
    await expect.poll(() => turns).toEqual(["a"]);
    expect(resolved).toBe(false);
    begin();
    expect(await answer).toBe("row");
  });

  it.each<[string, () => Promise<never>]>([
    ["rejects", () => Promise.reject(new Error("the disk is gone"))],
    [
      "throws",
      () => {
        throw new Error("the disk is gone");
      },
    ],
  ])("reject the caller alone whose read %s, and free its reader", async (_, fail) => {
    const { read, ask, running } = database(1);
    const first = ask("a");
    const failing = read("b", fail);
    const after = ask("c");
    const outcome = Promise.allSettled([first, failing, after]);
    await running[0]?.end(1);
    await running[0]?.end(1);
    expect(await outcome).toEqual([
      { status: "fulfilled", value: "a" },
      { status: "rejected", reason: new Error("the disk is gone") },
      { status: "fulfilled", value: "c" },
    ]);
    const again = ask("b");
    await running[0]?.end(1);
    expect(await again).toBe("b");
  });
});
