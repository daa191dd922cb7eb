import { expect, it } from "vitest";
import { REPORT_INTERVAL, reportBudget } from "../../../src/graphql/studio/report-budget.ts";

it("has room for some hundreds of small entries, for what it holds already, and anew for the next report", () => {
  let now = 0;
  const hasRoom = reportBudget(() => now);
  const admitted = (from: number) =>
    Array.from({ length: 1000 }, (_, i) => hasRoom(`key ${from + i}`, 100)).filter(Boolean).length;
  const first = admitted(0);
  expect(first).toBeGreaterThan(400);
  expect(first).toBeLessThan(500);
  expect(hasRoom("key 0", 100)).toBe(true);
  expect(admitted(1000)).toBe(0);
  now += REPORT_INTERVAL;
  expect(admitted(2000)).toBe(first);
});

it("has room for few large ones, and counts the key, too", () => {
  const hasRoom = reportBudget(() => 0);
  expect(hasRoom("a", 900_000)).toBe(true);
  expect(hasRoom("b", 100_000)).toBe(false);
  expect(hasRoom("c".repeat(100_000), 0)).toBe(false);
  expect(hasRoom("d", 1000)).toBe(true);
});
