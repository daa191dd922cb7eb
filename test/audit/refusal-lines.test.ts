import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Actor } from "../../src/audit/audit.ts";
import { REFUSAL_LINES, refusalLines } from "../../src/audit/refusal-lines.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Refusals, and what is told of those without a line. */
function counted() {
  const told: [string | undefined, number][] = [];
  const lines = refusalLines(({ caller }, leftOut) => told.push([caller, leftOut]));
  const take = (count: number, actor: Actor) =>
    Array.from({ length: count }, () => lines.take(actor)).filter((taken) => taken).length;
  return { lines, take, told };
}

it("have so many lines a second for each caller, and for all strangers together", () => {
  const { take, told } = counted();
  expect(take(REFUSAL_LINES, { caller: "ann" })).toBe(REFUSAL_LINES);
  expect(take(3, { caller: "ann" })).toBe(0);
  expect(take(REFUSAL_LINES + 2, { caller: "bob" })).toBe(REFUSAL_LINES);
  expect(take(REFUSAL_LINES, { address: "203.0.113.7" })).toBe(REFUSAL_LINES);
  expect(take(1, { address: "203.0.113.8" })).toBe(0);
  vi.advanceTimersByTime(999);
  expect(take(1, { caller: "ann" })).toBe(0);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([
    ["ann", 4],
    ["bob", 2],
    [undefined, 1],
  ]);
  expect(take(REFUSAL_LINES + 1, { caller: "ann" })).toBe(REFUSAL_LINES);
});

it("tell nothing of a second in which none was left out", () => {
  const { take, told } = counted();
  take(REFUSAL_LINES, { caller: "ann" });
  vi.advanceTimersByTime(5000);
  expect(told).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it("tell of those left out also when they end", () => {
  const { lines, take, told } = counted();
  take(REFUSAL_LINES + 5, {});
  lines.close();
  expect(told).toEqual([[undefined, 5]]);
  expect(vi.getTimerCount()).toBe(0);
});
