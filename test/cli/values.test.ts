import { expect, it } from "vitest";
import { duration, end, instant, keyLifetime, time, wholeNumber } from "../../src/cli/values.ts";

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
    /^must be a number of seconds, at least 1, or a duration such as 15m, 2h or 7d; /,
  );
});

it("an API key lives for 36,500 days at most", () => {
  expect(keyLifetime("36500d")).toBe(3_153_600_000);
  expect(() => keyLifetime("36501d")).toThrow(/^must be at most 36500 days; "36501d" was given$/);
});

it("an instant is in whole seconds", () => {
  expect(instant("1795500000")).toBe(1_795_500_000);
  expect(() => instant("1795500000.5")).toThrow(/^must be a time in whole seconds/);
});

it("a time is an instant, or how long it is ago", () => {
  const now = new Date("2026-11-24T09:30:00.123Z");
  const at = (value: string) => time(value, now).toISOString();
  expect(at("2026-11-24T09:30:00Z")).toBe("2026-11-24T09:30:00.000Z");
  expect(at("2026-11-24t10:30:00.5+01:00")).toBe("2026-11-24T09:30:00.500Z");
  expect(at("2024-02-29 00:00:00z")).toBe("2024-02-29T00:00:00.000Z");
  expect(at("1h")).toBe("2026-11-24T08:30:00.123Z");
  expect(at("90")).toBe("2026-11-24T09:28:30.123Z");
});

it.each([
  "",
  "yesterday",
  "2026-11-24",
  "2026-11-24T09:30:00",
  "2026-11-24T09:30Z",
  "2026-02-29T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "2026-11-24T25:00:00Z",
  "2026-11-24T09:30:00Z\n",
  "0h",
  "-1h",
  "999999999d",
])("%j is no time", (value) => {
  expect(() => time(value)).toThrow(
    /^must be a time such as 2026-11-24T09:30:00Z, or a duration before now such as 15m, 2h or 7d; /,
  );
});

it("an end is an instant to come, or how long it is until then", () => {
  const now = new Date("2026-11-24T09:30:00.123Z");
  expect(end("2026-11-24T09:30:01Z", now).toISOString()).toBe("2026-11-24T09:30:01.000Z");
  expect(end("7d", now).toISOString()).toBe("2026-12-01T09:30:00.123Z");
  expect(() => end("2026-11-24T09:30:00.123Z", now)).toThrow(/^must be in the future; "2026-11-24T/);
  expect(() => end("tomorrow", now)).toThrow(
    /^must be a time such as .*, or a duration from now such as 15m/,
  );
});

it("a whole number has digits alone", () => {
  expect(wholeNumber("100")).toBe(100);
  for (const value of ["", "1.5", "-1", "1e3", "1234567890"])
    expect(() => wholeNumber(value)).toThrow(/^must be a whole number; /);
});
