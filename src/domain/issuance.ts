import { BadUserInput } from "../errors.ts";
import { Role } from "./role.ts";

/** The length of a period in which issued tokens are counted, in milliseconds. A day is a UTC day. */
export enum IssuanceInterval {
  MINUTE = 60_000,
  HOUR = 3_600_000,
  DAY = 86_400_000,
}

/** The most periods in one request. */
export const MAX_PERIODS = 100;
/** The default periods: the hours of a day. */
export const DEFAULT_INTERVAL = IssuanceInterval.HOUR;
export const DEFAULT_PERIODS = 24;

/** The last periods to count, and their length. A field that is absent or null gets its default. */
export interface IssuancesInput {
  readonly interval?: IssuanceInterval | null;
  readonly last?: number | null;
}

/** The tokens issued in a period, by role. */
export interface IssuancePeriod {
  readonly startsAt: Date;
  /** One entry for each role, even if its count is 0. */
  readonly counts: readonly { readonly role: Role; readonly count: number }[];
}

/** The number of tokens of a role that were issued in a period. */
export interface IssuanceTally {
  readonly period: number;
  readonly role: Role;
  readonly count: number;
}

/** @throws {BadUserInput} naming `last`, if it is out of range */
export function checkPeriods(last: number): void {
  if (last >= 1 && last <= MAX_PERIODS) return;
  throw new BadUserInput("last", `last must be from 1 to ${MAX_PERIODS}; ${last} was given`);
}

/** The number of the period of an instant, counted from the Unix epoch. */
export function periodOf(instant: Date, interval: IssuanceInterval): number {
  return Math.floor(instant.getTime() / interval);
}

/** Sums tallies by period and role. */
export class IssuanceCounts {
  readonly #interval: IssuanceInterval;
  readonly #counts = new Map<string, number>();

  constructor(interval: IssuanceInterval) {
    this.#interval = interval;
  }

  add({ period, role, count }: IssuanceTally): void {
    this.#counts.set(keyOf(period, role), this.#of(period, role) + count);
  }

  /** The periods from `first` to `last`, oldest first. */
  periods(first: number, last: number): IssuancePeriod[] {
    const numbers = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
    return numbers.map((period) => ({
      startsAt: new Date(period * this.#interval),
      counts: Object.values(Role).map((role) => ({ role, count: this.#of(period, role) })),
    }));
  }

  #of(period: number, role: Role): number {
    return this.#counts.get(keyOf(period, role)) ?? 0;
  }
}

function keyOf(period: number, role: Role): string {
  return `${period} ${role}`;
}
