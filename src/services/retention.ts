import { type Gap, gapThatKeeps, oldBefore } from "../domain/retention.ts";
import type { Store } from "../store/store.ts";
import { type Background, pause, repeatedly } from "./repeatedly.ts";

/** The records that one step reads. Small steps do not hold up other queries. */
const STEP = 500;
/** The steps without an old record that end a purge. They find old records behind those of a fast clock. */
const LOOKS = 100;
/** The pause between two steps, in milliseconds. */
const PAUSE = 50;
/** The time between two purges, in milliseconds. Each time, the server also records that it runs. */
const INTERVAL = 10 * 60 * 1000;

/** The parts of the store with old rows. */
type Kept = Pick<Store, "ledger" | "runs" | "participants" | "bans">;

/** Receives the results of retention. */
export interface RetentionListener {
  /** Called after a purge that deleted at least one record. */
  onPurged(records: number): void;
  /** Called when old records are kept, because no server ran for more than a day in all. The gap is the longest such time. */
  onKept(gap: Gap): void;
  /** Called when a purge fails, perhaps after it deleted some records. The next purge tries again. */
  onFailure(error: unknown): void;
}

/**
 * Records every ten minutes that a server runs. Deletes ledger records, participants who left, and bans that ended, that are older than `days`
 * days of run time.
 * Several servers may do so at the same time.
 *
 * @param days null keeps records forever
 */
export function keepForDays(days: number | null, store: Kept, listener: RetentionListener): Background {
  let looked: number | null = null;
  return repeatedly(INTERVAL, async (stopping) => {
    try {
      looked = await forgetOld(days, store, listener, stopping, looked);
    } catch (error) {
      listener.onFailure(error);
    }
  });
}

/**
 * Records that a server runs, and deletes the old rows in small steps until none is left or the signal aborts.
 *
 * @param looked the position up to which earlier purges have read the ledger; null starts over.
 * @returns that position for the next purge.
 */
export async function forgetOld(
  days: number | null,
  { ledger, runs, participants, bans }: Kept,
  { onPurged, onKept }: RetentionListener,
  stopping: AbortSignal,
  looked: number | null = null,
): Promise<number | null> {
  const { oldest, newest, ...clock } = await runs.note();
  if (days === null) return null;
  const age = { ...clock, newest: newest ?? clock.now };
  const gap = gapThatKeeps(days, oldest ?? clock.now, age);
  if (gap) onKept(gap);
  const before = new Date(oldBefore(days, age));
  while (!stopping.aborted && (await participants.purge(before, STEP)) === STEP) await pause(PAUSE, stopping);
  while (!stopping.aborted && (await bans.purge(before, STEP)) === STEP) await pause(PAUSE, stopping);
  let records = 0;
  /** Resolves to where it stopped: at the end, or after `looks` steps without an old record. */
  const purge = async (from: number | null, looks: number): Promise<number | null> => {
    let position = from;
    for (let left = looks; left > 0 && !stopping.aborted; ) {
      const { forgotten, last } = await ledger.purge(before, STEP, position);
      records += forgotten;
      if (forgotten === 0) left -= 1;
      position = last;
      if (last === null) break;
      await pause(PAUSE, stopping);
    }
    return position;
  };
  try {
    // Records are nearly in time order: usually, the first step without an old record ends the old ones.
    await purge(null, 1);
    return await purge(looked, LOOKS);
  } finally {
    if (records > 0) onPurged(records);
  }
}
