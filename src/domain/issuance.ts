import { BadUserInput } from "../errors.ts";
import { Role } from "./role.ts";

/** How long the periods are in which issuances are counted. The values are milliseconds; a day is one of UTC. */
export enum IssuanceInterval {
  MINUTE = 60_000,
  HOUR = 3_600_000,
  DAY = 86_400_000,
}

/** The most periods that are counted at once. */
export const MAX_PERIODS = 100;
/** The periods that are counted when nothing is asked for: those of a day. */
export const DEFAULT_INTERVAL = IssuanceInterval.HOUR;
export const DEFAULT_PERIODS = 24;

/** Which periods to count: the last ones, each of an interval; what is absent or null gets its default. */
export interface IssuancesInput {
  readonly interval?: IssuanceInterval | null;
  readonly last?: number | null;
}

/** How many tokens were issued in a period, by role. */
export interface IssuancePeriod {
  readonly startsAt: Date;
  /** One for each role, those with none too. */
  readonly counts: readonly { readonly role: Role; readonly count: number }[];
}

/** How many tokens of a role were issued in the period with this number. */
export interface IssuanceTally {
  readonly period: number;
  readonly role: Role;
  readonly count: number;
}

/** @throws {BadUserInput} naming `last`, when that many periods cannot be counted */
export function checkPeriods(last: number): void {
  if (last >= 1 && last <= MAX_PERIODS) return;
  throw new BadUserInput("last", `last must be from 1 to ${MAX_PERIODS}; ${last} was given`);
}

/** The number of the period that an instant is in: periods are counted from the Unix epoch on. */
export function periodOf(instant: Date, interval: IssuanceInterval): number {
  return Math.floor(instant.getTime() / interval);
}

/** Adds up tallies by their periods and roles. */
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
