import { expect, it } from "vitest";
import { duration, instant, keyLifetime } from "../../src/cli/values.ts";

it.each([
  ["1", 1],
  ["90", 90],
  ["90s", 90],
  ["15m", 900],
  ["2h", 7200],
  ["7d", 604_800],
])("%s is %i seconds", (value, seconds) => {
  expect(duration(value)).toBe(seconds);
});

it.each(["", "0", "0h", "-1", "1.5h", "2w", "2 h", "h", "1234567890"])("%j is no duration", (value) => {
  expect(() => duration(value)).toThrow(
    /^must be a number of seconds, at least 1, or one such as 15m, 2h or 7d; /,
  );
});

it("an API key lives for 36,500 days at most", () => {
  expect(keyLifetime("36500d")).toBe(3_153_600_000);
  expect(() => keyLifetime("36501d")).toThrow(/^must be at most 36500 days; "36501d" was given$/);
});

it("an instant is in whole seconds", () => {
  expect(instant("1795500000")).toBe(1_795_500_000);
  expect(() => instant("1795500000.5")).toThrow(/^must be in whole seconds/);
});
