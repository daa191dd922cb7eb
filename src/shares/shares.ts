import { setImmediate as nextTurn } from "node:timers/promises";
import type { Query } from "./fair-queries.ts";
import type { Turn } from "./turns.ts";

/** The resources that callers share fairly, by used time. */
export interface Shares {
  /** The event loop. */
  readonly turn: Turn;
  /** The database, except the ledger's records, which are written in batches. */
  readonly query: Query;
}

/** No sharing, for a process with one caller. */
export const UNSHARED: Shares = { turn: () => nextTurn(), query: (_callerId, ask) => ask() };
