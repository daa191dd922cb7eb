import { DatabaseUnavailable } from "../errors.ts";
import { apiKeys } from "./api-keys.ts";
import type { Database } from "./engine.ts";
import { issuanceLedger, type LedgerListener } from "./issuance-ledger.ts";
import { limiterClient } from "./limiter-client.ts";
import { serverRuns } from "./server-runs.ts";
import { sessionNames } from "./session-names.ts";
import { sessionRegistry } from "./session-registry.ts";
import type { Store } from "./store.ts";

/**
 * The store in a SQL database.
 *
 * @param listener is told how the ledger fares
 */
export function sqlStore(database: Database, listener: LedgerListener = {}): Store {
  const { kysely, reads, engine } = database;
  return {
    sessions: sessionRegistry(database),
    names: sessionNames(database),
    ledger: issuanceLedger(database, listener),
    apiKeys: apiKeys(database),
    limiterClient: limiterClient(database),
    runs: serverRuns(database),
    async ping() {
      // For good: most of a damaged file can be read, and would be taken for a database that works.
      const damage = engine.damage();
      if (damage !== null) throw new DatabaseUnavailable(`the file is damaged: ${damage}`);
      // A table of ours, so that a database that answers but is not ours any more does not count.
      await kysely.selectFrom("sessions").select("position").limit(1).execute();
    },
    async close() {
      try {
        // First: nothing may be read any more when the log is emptied.
        if (reads !== kysely) await reads.destroy();
        await engine.settle(kysely);
      } finally {
        await kysely.destroy();
      }
    },
  };
}
