import { type Gap, gapThatKeeps, oldBefore } from "../domain/retention.ts";
import type { Store } from "../store/store.ts";
import { type Background, pause, repeatedly } from "./background.ts";

/** How many records are looked at in one step, so that nobody waits for long behind it. */
const STEP = 500;
/** How long to wait between two steps, in milliseconds. */
const PAUSE = 50;
/** How long to wait between two purges, in milliseconds; a server notes as often that it runs. */
const INTERVAL = 10 * 60 * 1000;

/** Is told how retention fares. */
export interface RetentionListener {
  /** One purge is over, and forgot so many records, at least one. */
  onPurged(records: number): void;
  /** Records stay that are old by the clock alone: no server noted that it ran during this gap of more than a day. */
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
  return repeatedly(INTERVAL, (stopping) =>
    forgetOld(days, store, listener, stopping).catch(listener.onFailure),
  );
}

/** Notes that a server runs, and forgets what is old now, in small steps, until there is nothing left or it is to stop. */
export async function forgetOld(
  days: number | null,
  { ledger, runs }: Pick<Store, "ledger" | "runs">,
  { onPurged, onKept }: RetentionListener,
  stopping: AbortSignal,
): Promise<void> {
  const { oldest, newest, ...clock } = await runs.note();
  if (days === null || oldest === null || newest === null) return;
  const age = { ...clock, newest };
  const gap = gapThatKeeps(days, oldest, age);
  if (gap) onKept(gap);
  const before = new Date(oldBefore(days, age));
  let records = 0;
  let position: number | null = null;
  try {
    // They are nearly in the order of time, as clocks differ: it is over where a whole step finds none that is old.
    for (;;) {
      const { forgotten, last } = await ledger.purge(before, STEP, position);
      records += forgotten;
      if (forgotten === 0 || stopping.aborted) return;
      position = last;
      await pause(PAUSE, stopping);
    }
  } finally {
    if (records > 0) onPurged(records);
  }
}
