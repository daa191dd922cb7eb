const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** How long no server may have noted that it runs for the time between to count all the same, in milliseconds. */
export const MAX_GAP = HOUR;

/** A time in which servers ran, in epoch milliseconds by the database's clock. */
export interface Run {
  readonly began: number;
  /** When a server last noted that it runs. */
  readonly seen: number;
}

/** A time that does not count: no server noted that it ran. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/**
 * The runs once a server notes that it runs now. Before the first note, all time up to the newest record counts as run.
 *
 * @param runs in ascending order
 * @param newest when the newest record was issued; null when there is none
 */
export function noteRun(runs: readonly Run[], now: number, newest: number | null): Run[] {
  const known = runs.length > 0 ? runs : [{ began: 0, seen: Math.min(now, newest ?? now) }];
  const last = known.at(-1) as Run;
  if (now < Math.max(last.began, last.seen - MAX_GAP)) {
    // Either the clock is behind, or it was ahead before. A record of about now says that it was ahead.
    if (newest !== null && newest > now + MAX_GAP) return [...known];
    // Else a clock that is ahead once more would find that servers ran until then.
    if (now >= last.began) return [...known.slice(0, -1), { ...last, seen: now }];
    const earlier = known.filter(({ began }) => began <= now);
    return noteRun(earlier, now, newest);
  }
  if (now > last.seen + MAX_GAP) return [...known, { began: now, seen: now }];
  return [...known.slice(0, -1), { ...last, seen: Math.max(last.seen, now) }];
}

/** What retention goes by, in epoch milliseconds. */
export interface LedgerAge {
  /** By the database's clock. */
  readonly now: number;
  /** When the newest record was issued, by the clock of the server that issued it. */
  readonly newest: number;
  /** In ascending order. */
  readonly runs: readonly Run[];
}

/**
 * The instant before which records are old: as many days back from now, or from the newest record if that is earlier, as servers
 * ran for. A gap does not count, because a stop of all servers and a clock that is set ahead look the same.
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

/** The longest of the gaps that keep records which are as many days old by the clock alone; null when they are a day at most together. */
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
