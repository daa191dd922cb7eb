import { DatabaseUnavailable } from "../errors.ts";
import { apiKeys } from "./api-keys.ts";
import { bans } from "./bans.ts";
import type { Database } from "./engine.ts";
import { issuanceLedger, type LedgerListener } from "./issuance-ledger.ts";
import { limiterClient } from "./limiter-client.ts";
import { participants } from "./participants.ts";
import { removals } from "./removals.ts";
import { serverRuns } from "./server-runs.ts";
import { sessionNames } from "./session-names.ts";
import { sessionRegistry } from "./session-registry.ts";
import type { Store } from "./store.ts";

/**
 * The store in a SQL database.
 *
 * @param listener receives the state of the ledger
 */
export function sqlStore(database: Database, listener: LedgerListener = {}): Store {
  const { kysely, reads, engine } = database;
  const inSessions = participants(database);
  return {
    sessions: sessionRegistry(database),
    names: sessionNames(database),
    ledger: issuanceLedger(database, listener),
    apiKeys: apiKeys(database),
    limiterClient: limiterClient(database),
    runs: serverRuns(database),
    participants: inSessions,
    bans: bans(database),
    removals: removals(database, inSessions.apply),
    async ping() {
      // Damage is permanent, although most queries to a damaged file still succeed.
      const damage = engine.damage();
      if (damage !== null)
        throw new DatabaseUnavailable(
          `the file is damaged (${damage}); run stagepass check, and restore a backup`,
        );
      // Reads a table of Stagepass, so that another database that answers does not count.
      await kysely.selectFrom("sessions").select("position").limit(1).execute();
    },
    async close() {
      try {
        // First, because no read may run when the log is emptied.
        if (reads !== kysely) await reads.destroy();
        await engine.settle(kysely);
      } finally {
        await kysely.destroy();
      }
    },
  };
}
