import { setTimeout } from "node:timers/promises";

/** Work that runs in the background. */
export interface Background {
  /** Stops the work, and resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `act` now and after each interval until it is stopped. It does not keep the process alive.
 *
 * @param interval the time from the end of one run to the start of the next, in milliseconds.
 * @param act must not reject, and ends when the signal aborts.
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

/** Resolves after this many milliseconds, or when the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal, ref: false }).catch(() => {});
}
