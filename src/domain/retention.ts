const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** The longest time between two notes of running servers that still counts as run time, in milliseconds. */
export const MAX_GAP = HOUR;

/** A period in which servers ran, in epoch milliseconds by the database's clock. */
export interface Run {
  readonly began: number;
  /** The last note of a running server. */
  readonly seen: number;
}

/** A period without a note of a running server, which does not count. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/**
 * The runs after a server notes that it runs now. Before the first note, all time up to the newest record counts as run time.
 *
 * @param runs in ascending order
 * @param newest the time of issue of the newest record; null without records
 */
export function noteRun(runs: readonly Run[], now: number, newest: number | null): Run[] {
  const known = runs.length > 0 ? runs : [{ began: 0, seen: Math.min(now, newest ?? now) }];
  const last = known.at(-1) as Run;
  if (now < Math.max(last.began, last.seen - MAX_GAP)) {
    // The clock is behind now, or it was ahead before. A newest record near `now` shows that it was ahead.
    if (newest !== null && newest > now + MAX_GAP) return [...known];
    // Otherwise, if the clock were ahead again, the time until then would count as run time.
    if (now >= last.began) return [...known.slice(0, -1), { ...last, seen: now }];
    const earlier = known.filter(({ began }) => began <= now);
    return noteRun(earlier, now, newest);
  }
  if (now > last.seen + MAX_GAP) return [...known, { began: now, seen: now }];
  return [...known.slice(0, -1), { ...last, seen: Math.max(last.seen, now) }];
}

/** The times that decide about retention, in epoch milliseconds. */
export interface LedgerAge {
  /** By the database's clock. */
  readonly now: number;
  /** The time of issue of the newest record, by its server's clock. */
  readonly newest: number;
  /** In ascending order. */
  readonly runs: readonly Run[];
}

/**
 * The instant before which records are old: `days` of run time before now, or before the newest record if that is earlier.
 * A gap does not count, because a stop of all servers looks like a clock that was set ahead.
 */
export function oldBefore(days: number, { now, newest, runs }: LedgerAge): number {
  let end = Math.min(now, newest);
  let left = days * DAY;
  for (const { began, seen } of runs.toReversed()) {
    if (began >= end) continue;
    end = Math.min(end, seen);
    if (end - began >= left) return end - left;
    left -= end - began;
    end = began;
  }
  return 0;
}

/** The longest gap that keeps records past `days` of clock time; null if all such gaps together last a day at most. */
export function gapThatKeeps(days: number, oldest: number, age: LedgerAge): Gap | null {
  if (oldest >= age.now - days * DAY) return null;
  const before = oldBefore(days, age);
  const gaps = age.runs.slice(1).map(({ began: to }, i) => ({ from: age.runs[i]?.seen ?? to, to }));
  const length = ({ from, to }: Gap) => to - from;
  const keeping = gaps
    .filter((gap) => gap.to > before && gap.from < age.now)
    .sort((a, b) => length(b) - length(a));
  const together = keeping.reduce((sum, gap) => sum + length(gap), 0);
  return together > DAY ? (keeping[0] ?? null) : null;
}
