import { setImmediate as nextTurn } from "node:timers/promises";
import type { Read } from "./fair-reads.ts";
import type { Turn } from "./turns.ts";

/** What callers share by the time that they take of it. */
export interface Shares {
  /** The event loop. */
  readonly turn: Turn;
  /** The database's readers. */
  readonly read: Read;
}

/** For a process that has one caller. */
export const UNSHARED: Shares = { turn: () => nextTurn(), read: (_callerId, read) => read() };
