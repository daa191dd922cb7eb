import { describe, expect, it } from "vitest";
import {
  checkPeriods,
  IssuanceCounts,
  IssuanceInterval,
  type IssuanceTally,
  periodOf,
} from "../../src/domain/issuance.ts";
import { Role } from "../../src/domain/role.ts";

const { MINUTE, HOUR, DAY } = IssuanceInterval;
const at = (text: string) => new Date(text);

describe("periodOf", () => {
  it.each<[string, IssuanceInterval, string, string]>([
    ["minute", MINUTE, "2026-11-24T09:30:00.000Z", "2026-11-24T09:30:59.999Z"],
    ["hour", HOUR, "2026-11-24T09:00:00.000Z", "2026-11-24T09:59:59.999Z"],
    ["day of UTC", DAY, "2026-11-24T00:00:00.000Z", "2026-11-24T23:59:59.999Z"],
  ])("has the first and the last millisecond of a %s, and none besides", (_, interval, first, last) => {
    const period = periodOf(at(first), interval);
    expect(new Date(period * interval)).toEqual(at(first));
    expect(periodOf(at(last), interval)).toBe(period);
    expect(periodOf(new Date(at(first).getTime() - 1), interval)).toBe(period - 1);
    expect(periodOf(new Date(at(last).getTime() + 1), interval)).toBe(period + 1);
  });
});

describe("checkPeriods", () => {
  it.each([1, 2, 100])("lets %i pass", (last) => {
    expect(() => checkPeriods(last)).not.toThrow();
  });

  it.each([0, -1, 101, -2_147_483_648, Number.NaN])("refuses %d", (last) => {
    expect(() => checkPeriods(last)).toThrow(
      expect.objectContaining({
        message: `last must be from 1 to 100; ${last} was given`,
        extensions: { code: "BAD_USER_INPUT", retryable: false, argument: "last" },
      }),
    );
  });
});

describe("IssuanceCounts", () => {
  const periodsOf = (
    interval: IssuanceInterval,
    first: number,
    last: number,
    tallies: readonly IssuanceTally[],
  ) => {
    const sums = new IssuanceCounts(interval);
    for (const each of tallies) sums.add(each);
    return sums.periods(first, last);
  };
  const tally = (period: number, role: Role, count: number): IssuanceTally => ({ period, role, count });
  const counts = (more: Partial<Record<Role, number>> = {}) =>
    [Role.SUBSCRIBER, Role.PUBLISHER, Role.PUBLISHER_ONLY, Role.MODERATOR].map((role) => ({
      role,
      count: more[role] ?? 0,
    }));

  it("has every period, oldest first, with every role, when nothing was issued", () => {
    expect(periodsOf(HOUR, 10, 12, [])).toEqual([
      { startsAt: at("1970-01-01T10:00:00.000Z"), counts: counts() },
      { startsAt: at("1970-01-01T11:00:00.000Z"), counts: counts() },
      { startsAt: at("1970-01-01T12:00:00.000Z"), counts: counts() },
    ]);
  });

  it("adds up what the tallies say of a period and a role, and leaves out other periods", () => {
    const periods = periodsOf(DAY, 3, 4, [
      tally(3, Role.MODERATOR, 1),
      tally(2, Role.MODERATOR, 100),
      tally(4, Role.SUBSCRIBER, 5),
      tally(3, Role.MODERATOR, 2),
      tally(3, Role.PUBLISHER_ONLY, 7),
      tally(5, Role.SUBSCRIBER, 100),
    ]);
    expect(periods).toEqual([
      { startsAt: at("1970-01-04"), counts: counts({ [Role.MODERATOR]: 3, [Role.PUBLISHER_ONLY]: 7 }) },
      { startsAt: at("1970-01-05"), counts: counts({ [Role.SUBSCRIBER]: 5 }) },
    ]);
  });

  it.each([
    ["one period", 7, 7, 1],
    ["none, when the first is after the last", 8, 7, 0],
    ["none, when the first is long after the last", 80, 7, 0],
  ])("has %s", (_, first, last, length) => {
    expect(periodsOf(MINUTE, first, last, [tally(7, Role.PUBLISHER, 1)])).toHaveLength(length);
  });
});
