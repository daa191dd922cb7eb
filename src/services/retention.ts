import { type Gap, gapThatKeeps, oldBefore } from "../domain/retention.ts";
import type { Store } from "../store/store.ts";
import { type Background, pause, repeatedly } from "./repeatedly.ts";

/** How many records are looked at in one step, so that nobody waits for long behind it. */
const STEP = 500;
/** How many steps without an old record each purge makes, to find records that are behind those of a clock that was ahead. */
const LOOKS = 100;
/** How long to wait between two steps, in milliseconds. */
const PAUSE = 50;
/** How long to wait between two purges, in milliseconds; a server notes as often that it runs. */
const INTERVAL = 10 * 60 * 1000;

/** Is told how retention fares. */
export interface RetentionListener {
  /** One purge is over, and forgot so many records, at least one. */
  onPurged(records: number): void;
  /** Records stay that are old by the clock alone: this gap is the longest of more than a day in which no server noted that it ran. */
  onKept(gap: Gap): void;
  /** Why records could not be forgotten, or only some of them; it is tried again. */
  onFailure(error: unknown): void;
}

/**
 * Notes every ten minutes that a server runs, and forgets the records of the ledger that are older than so many days of running
 * servers. Several servers may do so at once.
 *
 * @param days null keeps records for ever
 */
export function keepForDays(
  days: number | null,
  store: Pick<Store, "ledger" | "runs">,
  listener: RetentionListener,
): Background {
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
 * Notes that a server runs, and forgets what is old now, in small steps, until there is nothing left or it is to stop.
 *
 * @param looked the position up to which the ledger was looked through; null begins anew
 * @returns the same for the next time
 */
export async function forgetOld(
  days: number | null,
  { ledger, runs }: Pick<Store, "ledger" | "runs">,
  { onPurged, onKept }: RetentionListener,
  stopping: AbortSignal,
  looked: number | null = null,
): Promise<number | null> {
  const { oldest, newest, ...clock } = await runs.note();
  if (days === null || oldest === null || newest === null) return null;
  const age = { ...clock, newest };
  const gap = gapThatKeeps(days, oldest, age);
  if (gap) onKept(gap);
  const before = new Date(oldBefore(days, age));
  let records = 0;
  /** Resolves to where it stopped: at the end, or after so many steps that found none that is old. */
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
    // They are nearly in the order of time: as a rule the first step that finds none is the end of the old ones.
    await purge(null, 1);
    return await purge(looked, LOOKS);
  } finally {
    if (records > 0) onPurged(records);
  }
}
