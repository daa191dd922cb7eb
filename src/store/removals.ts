import type { Database } from "./engine.ts";
import type { Removals } from "./store.ts";

/** The removals in a SQL database. */
export function removals(_database: Database): Removals {
  return {} as Removals;
}
