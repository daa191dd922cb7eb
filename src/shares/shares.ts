import { setImmediate as nextTurn } from "node:timers/promises";
import type { Query } from "./fair-queries.ts";
import type { Turn } from "./turns.ts";

/** What callers share by the time that they take of it. */
export interface Shares {
  /** The event loop. */
  readonly turn: Turn;
  /** The database, but for the ledger's records, which are written together. */
  readonly query: Query;
}

/** For a process that has one caller. */
export const UNSHARED: Shares = { turn: () => nextTurn(), query: (_callerId, ask) => ask() };
