import { type Background, repeatedly } from "./repeatedly.ts";

/** How often the clocks are compared, in milliseconds. */
const INTERVAL = 30_000;

/** How long the database may take to say its time, in milliseconds: half of it is the error of the comparison, at most. */
const MAX_ROUND_TRIP = 1000;

/** From what difference on clocks differ, and below which they agree again, in milliseconds: not the same, so that it is told once. */
const DIFFER = 2000;
const AGREE = 1000;

/** Is told how the clock of this process and the database's compare. */
export interface SkewListener {
  /** So many milliseconds is this process ahead of the database. */
  onMeasured(skew: number): void;
  /** The clocks differ by so many milliseconds from now on, or agree again. */
  onChange(skew: number, differ: boolean): void;
}

/**
 * Compares the clock of this process with the database's, every half a minute.
 *
 * @param databaseClock resolves to the database's time, in epoch milliseconds
 * @param interval in milliseconds
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

/** Whether clocks differ that are so many milliseconds apart, after they did or did not. */
export function isSkewed(skew: number, before: boolean): boolean {
  return Math.abs(skew) >= (before ? AGREE : DIFFER);
}

/**
 * How many milliseconds this process is ahead of the database, which is taken to read its clock after half of the round trip; null
 * when it does not answer, or too slowly to tell.
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
