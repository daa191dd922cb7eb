import { setTimeout } from "node:timers/promises";

/** What goes on beside the requests. */
export interface Background {
  /** Resolves when nothing goes on any more. */
  stop(): Promise<void>;
}

/**
 * Does something now, and again after each interval, until it is stopped. It keeps no process alive.
 *
 * @param interval in milliseconds, from the end of one to the beginning of the next
 * @param act must not reject; the signal tells it to end
 */
export function repeatedly(interval: number, act: (stopping: AbortSignal) => Promise<void>): Background {
  const stopping = new AbortController();
  const run = async () => {
    while (!stopping.signal.aborted) {
      await act(stopping.signal);
      await pause(interval, stopping.signal);
    }
  };
  const done = run();
  return {
    stop() {
      stopping.abort();
      return done;
    },
  };
}

/** Resolves after so many milliseconds, or at the signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal, ref: false }).catch(() => {});
}
