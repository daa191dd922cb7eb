import type { Database } from "./engine.ts";
import type { Bans } from "./store.ts";

/** The bans in a SQL database. */
export function bans(_database: Database): Bans {
  return {} as Bans;
}
