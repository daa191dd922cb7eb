import { constants } from "node:os";

/** The signals that tell a process to stop. */
export type StopSignal = "SIGINT" | "SIGTERM";

let act: ((signal: StopSignal) => void) | undefined;

/**
 * Sets the handler of stop signals, in place of the previous one. Without a handler, process 1 of a container would not even see
 * these signals.
 */
export function atStopSignal(next: (signal: StopSignal) => void): void {
  if (!act) for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => act?.(signal));
  act = next;
}

/** The cleanups of unfinished work. */
const unfinished = new Set<() => void>();

/**
 * Runs work that leaves something behind when it does not finish.
 *
 * @param clear removes it, synchronously, when the work fails or a signal ends the process
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

/** Cleans up, and ends the process by this signal. A shell reports 128 plus the signal's number. */
export function endBy(signal: StopSignal): void {
  for (const clear of unfinished) clear();
  process.removeAllListeners(signal);
  // process.exit() would wait for pending reads, such as from a pipe without a writer.
  process.kill(process.pid, signal);
  // Process 1 survives a signal that it does not handle.
  process.exit(128 + constants.signals[signal]);
}
