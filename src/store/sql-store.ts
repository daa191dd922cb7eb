import { apiKeys } from "./api-keys.ts";
import type { Database } from "./engine.ts";
import { issuanceLedger, type LedgerListener } from "./issuance-ledger.ts";
import { sessionNames } from "./session-names.ts";
import { sessionRegistry } from "./session-registry.ts";
import type { Store } from "./store.ts";

/**
 * The store in a SQL database.
 *
 * @param onLedger is told when tokens cannot be recorded any more, and when they can again
 */
export function sqlStore(database: Database, onLedger: LedgerListener = () => {}): Store {
  const { kysely, engine } = database;
  return {
    sessions: sessionRegistry(database),
    names: sessionNames(database),
    ledger: issuanceLedger(database, onLedger),
    apiKeys: apiKeys(database),
    async ping() {
      // A table of ours, so that a database that answers but is not ours any more does not count.
      await kysely.selectFrom("sessions").select("position").limit(1).execute();
    },
    async close() {
      try {
        await engine.settle(kysely);
      } finally {
        await kysely.destroy();
      }
    },
  };
}
