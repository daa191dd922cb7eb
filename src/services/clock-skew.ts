import { type Background, repeatedly } from "./repeatedly.ts";

/** The time between two comparisons of the clocks, in milliseconds. */
const INTERVAL = 30_000;

/** The longest useful round trip to the database, in milliseconds. The error of a comparison is at most half of it. */
const MAX_ROUND_TRIP = 1000;

/** The skew at which clocks differ, and below which they agree again, in milliseconds. The gap avoids repeated reports. */
const DIFFER = 2000;
const AGREE = 1000;

/** Receives the comparisons of this process's clock with the database's. */
export interface SkewListener {
  /** @param skew how far this process is ahead of the database, in milliseconds */
  onMeasured(skew: number): void;
  /** Called when the clocks start to differ, or agree again. */
  onChange(skew: number, differ: boolean): void;
}

/**
 * Compares the clock of this process with the database's every 30 seconds.
 *
 * @param databaseClock resolves to the database's time, in epoch milliseconds
 * @param interval the time between two comparisons, in milliseconds
 */
export function watchSkew(
  databaseClock: () => Promise<number>,
  now: () => Date,
  { onMeasured, onChange }: SkewListener,
  interval = INTERVAL,
): Background {
  let differ = false;
  return repeatedly(interval, async () => {
    const skew = await measureSkew(databaseClock, now);
    if (skew === null) return;
    onMeasured(skew);
    const before = differ;
    differ = isSkewed(skew, before);
    if (differ !== before) onChange(skew, differ);
  });
}

/** Whether the clocks differ, given the skew in milliseconds and whether they differed before. */
export function isSkewed(skew: number, before: boolean): boolean {
  return Math.abs(skew) >= (before ? AGREE : DIFFER);
}

/**
 * How many milliseconds this process is ahead of the database. It assumes that the database reads its clock after half of the round
 * trip. Null when the database does not answer, or answers too slowly.
 */
export async function measureSkew(
  databaseClock: () => Promise<number>,
  now: () => Date,
): Promise<number | null> {
  const sent = now().getTime();
  const begin = performance.now();
  const database = await databaseClock().catch(() => null);
  const roundTrip = performance.now() - begin;
  if (database === null || roundTrip > MAX_ROUND_TRIP) return null;
  return sent + roundTrip / 2 - database;
}
