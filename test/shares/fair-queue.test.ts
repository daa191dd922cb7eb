import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FairQueue } from "../../src/shares/fair-queue.ts";

/** Takes the next item of whoever has used the least, and charges what it costs. */
function serve(queue: FairQueue<number>): string {
  const [callerId = ""] = queue.inOrder();
  queue.charge(callerId, queue.take(callerId) ?? 0);
  return callerId;
}

const costs = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 200 });

describe("a fair queue", () => {
  it("keeps callers that always wait within the dearest item of each other", () => {
    fc.assert(
      fc.property(fc.array(costs, { minLength: 2, maxLength: 5 }), (callers) => {
        const queue = new FairQueue<number>();
        const used = new Map<string, number>();
        for (const [i, items] of callers.entries()) for (const cost of items) queue.push(`${i}`, cost);
        const dearest = Math.max(...callers.flat());
        while (queue.callers === callers.length) {
          const [callerId = ""] = queue.inOrder();
          const cost = queue.take(callerId) ?? 0;
          queue.charge(callerId, cost);
          used.set(callerId, (used.get(callerId) ?? 0) + cost);
          const all = callers.map((_, i) => used.get(`${i}`) ?? 0);
          expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(dearest + 1e-6);
        }
      }),
    );
  });

  it("loses no item, gives none twice, and keeps the order of each caller", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c", null), { maxLength: 300 }), (steps) => {
        const queue = new FairQueue<number>();
        const pushed: Record<string, number[]> = {};
        const taken: Record<string, number[]> = {};
        const take = () => {
          const [callerId] = queue.inOrder();
          if (callerId === undefined) return;
          const item = queue.take(callerId);
          if (item === undefined) throw new Error("a caller that waits has an item");
          taken[callerId] = [...(taken[callerId] ?? []), item];
          queue.charge(callerId, item % 7);
        };
        for (const [item, callerId] of steps.entries()) {
          if (callerId === null) {
            take();
            continue;
          }
          pushed[callerId] = [...(pushed[callerId] ?? []), item];
          queue.push(callerId, item);
        }
        while (queue.callers > 0) take();
        expect(taken).toEqual(pushed);
      }),
    );
  });

  it("gives no credit for absence", () => {
    const queue = new FairQueue<number>();
    const wait = (callerId: string, count: number) => {
      for (let i = 0; i < count; i++) queue.push(callerId, 10);
    };
    wait("late", 1);
    serve(queue);
    wait("steady", 200);
    for (let i = 0; i < 100; i++) serve(queue);
    wait("late", 50);
    wait("new", 50);
    const served = Array.from({ length: 30 }, () => serve(queue));
    for (const callerId of ["steady", "late", "new"]) {
      const count = served.filter((each) => each === callerId).length;
      expect(count, callerId).toBeGreaterThanOrEqual(9);
      expect(count, callerId).toBeLessThanOrEqual(11);
    }
  });

  it("remembers what a caller has used that waits again soon", () => {
    const queue = new FairQueue<number>();
    queue.push("dear", 100);
    queue.push("cheap", 1);
    serve(queue);
    serve(queue);
    queue.push("dear", 100);
    for (let i = 0; i < 200; i++) queue.push("cheap", 1);
    const served = Array.from({ length: 99 }, () => serve(queue));
    expect(new Set(served)).toEqual(new Set(["cheap"]));
  });

  it("takes nothing from a caller that does not wait", () => {
    const queue = new FairQueue<number>();
    queue.push("a", 1);
    expect(queue.take("b")).toBeUndefined();
    expect([queue.take("a"), queue.take("a"), queue.callers, queue.inOrder()]).toEqual([1, undefined, 0, []]);
  });
});
