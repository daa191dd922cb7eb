import { constants } from "node:os";

/** The signals that tell a process to stop. */
export type StopSignal = "SIGINT" | "SIGTERM";

let act: ((signal: StopSignal) => void) | undefined;

/**
 * What happens at each signal to stop from now on, in place of what was said before. As process 1, which a container's program
 * is, the process would otherwise not even see them.
 */
export function atStopSignal(next: (signal: StopSignal) => void): void {
  if (!act) for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => act?.(signal));
  act = next;
}

/** What clears away what is not done yet. */
const unfinished = new Set<() => void>();

/**
 * Does what leaves something behind unless it is done.
 *
 * @param clear takes that away, at once, when the work fails and at a signal that ends the process; not when it is done
 */
export async function doneOrCleared<T>(clear: () => void, work: () => Promise<T>): Promise<T> {
  unfinished.add(clear);
  try {
    return await work();
  } catch (error) {
    clear();
    throw error;
  } finally {
    unfinished.delete(clear);
  }
}

/** Clears away what is not done, and ends the process by this signal: a shell tells that as 128 and the signal's number. */
export function endBy(signal: StopSignal): void {
  for (const clear of unfinished) clear();
  process.removeAllListeners(signal);
  // Not an exit, which waits for whatever is being read, such as a pipe into which nobody writes.
  process.kill(process.pid, signal);
  // Still here: process 1 is left alone by a signal that it does not handle.
  process.exit(128 + constants.signals[signal]);
}
