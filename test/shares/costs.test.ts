import { describe, expect, it } from "vitest";
import { Costs } from "../../src/shares/costs.ts";

describe("costs", () => {
  it("expect a caller's dearer items, and less of them after cheaper ones", () => {
    const costs = new Costs();
    expect(costs.split(["a", "a"], 20)).toEqual([10, 10]);
    expect(costs.of("a")).toBe(10);
    costs.split(["a"], 1);
    expect(costs.of("a")).toBe(8);
    costs.split(["a"], 9);
    expect(costs.of("a")).toBe(9);
  });

  it("split what callers took together as was expected of each", () => {
    const costs = new Costs();
    costs.split(["a"], 0.1);
    costs.split(["b"], 0.3);
    const [ofA = 0, ofB = 0] = costs.split(["a", "b"], 0.8);
    expect(ofA).toBeCloseTo(0.2);
    expect(ofB).toBeCloseTo(0.6);
    expect([costs.isDoubtful("a"), costs.isDoubtful("b")]).toEqual([false, false]);
  });

  it("are doubtful after a surprise, until each caller was measured by itself", () => {
    const costs = new Costs();
    costs.split(["a", "b"], 5);
    expect([costs.isDoubtful("a"), costs.isDoubtful("b")]).toEqual([true, true]);
    costs.split(["a"], 0.1);
    expect([costs.isDoubtful("a"), costs.isDoubtful("b")]).toEqual([false, true]);
    costs.split(["b"], 4.9);
    expect(costs.of("b")).toBe(4.9);
  });
});
