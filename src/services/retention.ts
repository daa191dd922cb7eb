import { setTimeout } from "node:timers/promises";
import type { IssuanceLedger } from "../store/store.ts";

/** How many records are looked at in one step, so that nobody waits for long behind it. */
const STEP = 500;
/** How long to wait between two steps, and after the last one, in milliseconds. */
const PAUSE = 50;
const INTERVAL = 10 * 60 * 1000;

const DAY = 24 * 60 * 60 * 1000;

/** What goes on beside the requests. */
export interface Retention {
  /** Resolves when nothing goes on any more. */
  stop(): Promise<void>;
}

/**
 * Keeps the records of the ledger for so many days, and forgets older ones: in small steps, while there are any, and then
 * again after ten minutes. Several servers may do so at once.
 *
 * @param days null keeps them for ever
 * @param onFailure is told why records could not be forgotten; it is tried again
 */
export function keepForDays(
  days: number | null,
  ledger: IssuanceLedger,
  now: () => Date,
  onFailure: (error: unknown) => void,
): Retention {
  const stopping = new AbortController();
  const done = days === null ? Promise.resolve() : run(days);
  return {
    stop() {
      stopping.abort();
      return done;
    },
  };

  async function run(days: number): Promise<void> {
    while (!stopping.signal.aborted) {
      await forget(new Date(now().getTime() - days * DAY)).catch(onFailure);
      await pause(INTERVAL);
    }
  }

  /** They are nearly in the order of time, as clocks differ: it is over where a whole step finds none that is old. */
  async function forget(before: Date): Promise<void> {
    let position: number | null = null;
    for (;;) {
      const { forgotten, last } = await ledger.purge(before, STEP, position);
      if (forgotten === 0 || stopping.signal.aborted) return;
      position = last;
      await pause(PAUSE);
    }
  }

  async function pause(milliseconds: number): Promise<void> {
    await setTimeout(milliseconds, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
  }
}
