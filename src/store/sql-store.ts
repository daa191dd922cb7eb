import type { Kysely } from "kysely";
import { sessionRegistry } from "./session-registry.ts";
import type { Store } from "./store.ts";
import type { Tables } from "./tables.ts";

/** The store in a SQL database. */
export function sqlStore(database: Kysely<Tables>): Store {
  return {
    sessions: sessionRegistry(database),
    async ping() {
      // A table of ours, so that a database that answers but is not ours any more does not count.
      await database.selectFrom("sessions").select("position").limit(1).execute();
    },
    close: () => database.destroy(),
  };
}
