import { type Kysely, sql } from "kysely";
import { apiKeys } from "./api-keys.ts";
import { sessionRegistry } from "./session-registry.ts";
import type { Store } from "./store.ts";
import type { Tables } from "./tables.ts";

/** The store in a SQL database. */
export function sqlStore(database: Kysely<Tables>): Store {
  return {
    sessions: sessionRegistry(database),
    apiKeys: apiKeys(database),
    async ping() {
      // A table of ours, so that a database that answers but is not ours any more does not count.
      await database.selectFrom("sessions").select("position").limit(1).execute();
    },
    async close() {
      try {
        // So that the database's file is whole by itself; libsql leaves this to the garbage collector.
        await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(database);
      } finally {
        await database.destroy();
      }
    },
  };
}
