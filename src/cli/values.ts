import { Option } from "commander";
import { quote } from "../errors.ts";
import { BAD_USER_INPUT, Refusal } from "./refusal.ts";

/*
 * Parsers of option values. Each function returns the value, or throws an error with the broken rule. The domain checks its own
 * rules.
 */

/** An option with one value. Giving it twice is an error. */
export function valued<T>(flags: string, description: string, read: (value: string) => T): Option {
  const option = new Option(flags, description);
  return option.argParser((value, previous: T | undefined) => {
    checkGiven(option, value);
    if (previous !== undefined) throw wrong(option, "may be given only once");
    try {
      return read(value);
    } catch (error) {
      throw wrong(option, (error as Error).message);
    }
  });
}

/** An option with one or more values, each any text. */
export function listed(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.argParser((value, previous: readonly string[] = []) => {
    checkGiven(option, value);
    return [...previous, value];
  });
}

/** Catches a missing value: in `--name $EMPTY --e2ee`, the parser would use the next option as the value. */
function checkGiven(option: Option, value: string): void {
  if (!value.startsWith("--") || process.argv.includes(`${option.long}=${value}`)) return;
  throw wrong(option, `has no value; write a value that begins with -- as ${option.long}=--…`);
}

function wrong(option: Option, rule: string): Refusal {
  return new Refusal(BAD_USER_INPUT, rule, `${option.long}`);
}

/** Any text. */
export function text(value: string): string {
  return value;
}

/** Parses the name of an enum member, in upper or lower case, with `-` or `_`. */
export function oneOf<T extends string>(names: Readonly<Record<string, T>>) {
  return (value: string): T => {
    const member = names[value.toUpperCase().replaceAll("-", "_")];
    if (member !== undefined) return member;
    throw new Error(`must be one of ${namesOf(names)}; ${quote(value)} was given`);
  };
}

/** The names of an enum's members, in lower case. */
export function namesOf(names: Readonly<Record<string, string>>): string {
  return Object.keys(names)
    .map((name) => name.toLowerCase())
    .join(", ");
}

/** A time in whole seconds since the Unix epoch. */
export function instant(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new Error(`must be a time in whole seconds since the Unix epoch; ${quote(value)} was given`);
}

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

/** Parses a duration such as `90`, `15m`, `2h` or `7d`. Returns seconds. */
export function duration(value: string): number {
  const [, number, unit = ""] = /^(\d{1,9})([smhd]?)$/.exec(value) ?? [];
  const seconds = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (seconds >= 1) return seconds;
  throw new Error(
    `must be a number of seconds, at least 1, or a duration such as 15m, 2h or 7d; ${quote(value)} was given`,
  );
}

/** A whole number. */
export function wholeNumber(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new Error(`must be a whole number; ${quote(value)} was given`);
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** Parses a time in the format of RFC 3339, or a duration before now, such as `1h`. */
export function time(value: string, now = new Date()): Date {
  return timeOr(value, "before", now);
}

/** Parses a time in the future, in the format of RFC 3339, or a duration from now, such as `1h`. */
export function end(value: string, now = new Date()): Date {
  const instant = timeOr(value, "from", now);
  if (instant > now) return instant;
  throw new Error(`must be in the future; ${quote(value)} was given`);
}

function timeOr(value: string, side: "before" | "from", now: Date): Date {
  const [, year, month, day] = RFC_3339.exec(value) ?? [];
  const instant = new Date(value.toUpperCase().replace(" ", "T"));
  // JavaScript parses February 30 as March 2.
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  if (isDay && !Number.isNaN(instant.getTime())) return instant;
  try {
    const milliseconds = duration(value) * 1000;
    const other = new Date(now.getTime() + (side === "from" ? milliseconds : -milliseconds));
    // Throws if the time is beyond the earliest or the latest possible Date.
    other.toISOString();
    return other;
  } catch {
    throw new Error(
      `must be a time such as 2026-11-24T09:30:00Z, or a duration ${side} now such as 15m, 2h or 7d; ${quote(value)} was given`,
    );
  }
}

/** The longest lifetime of an API key, in days; also the longest retention of records. */
const MAX_KEY_DAYS = 36_500;

/** Parses the lifetime of an API key. Returns seconds. */
export function keyLifetime(value: string): number {
  const seconds = duration(value);
  if (seconds <= MAX_KEY_DAYS * 24 * 60 * 60) return seconds;
  throw new Error(`must be at most ${MAX_KEY_DAYS} days; ${quote(value)} was given`);
}
