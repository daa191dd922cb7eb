import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "./engine.ts";
import { changeParticipants, changing, lockChanges } from "./participant-changes.ts";
import type { ReconciliationLease } from "./store.ts";

/** The lease of reconciliation in a SQL database: a row, because its holder waits for the platform, and may die meanwhile. */
export function reconciliationLease({ kysely, engine }: Database): ReconciliationLease {
  const { clock } = engine;
  return {
    async take(duration, interval) {
      const leaseId = randomUUID();
      const leasedUntil = sql<number>`${clock} + ${sql.lit(duration)}`;
      const result = await changing(kysely, (transaction) =>
        transaction
          .insertInto("participant_changes")
          .values({ id: 1, latest: 0, lease_id: leaseId, leased_until: leasedUntil })
          .onConflict((conflict) =>
            conflict
              .column("id")
              .doUpdateSet({ lease_id: leaseId, leased_until: leasedUntil })
              .where(({ or, eb }) =>
                or([
                  eb("participant_changes.leased_until", "is", null),
                  eb("participant_changes.leased_until", "<=", clock),
                ]),
              )
              .where(({ or, eb }) =>
                or([
                  eb("participant_changes.reconciled_at", "is", null),
                  eb("participant_changes.reconciled_at", "<=", sql<number>`${clock} - ${sql.lit(interval)}`),
                ]),
              ),
          )
          .executeTakeFirst(),
      );
      return result.numInsertedOrUpdatedRows === 1n ? leaseId : null;
    },

    async renew(leaseId, duration) {
      const { numUpdatedRows } = await changing(kysely, (transaction) =>
        transaction
          .updateTable("participant_changes")
          .set({ leased_until: sql<number>`${clock} + ${sql.lit(duration)}` })
          .where("lease_id", "=", leaseId)
          .executeTakeFirst(),
      );
      return numUpdatedRows === 1n;
    },

    apply: (leaseId, observed) =>
      changing(kysely, async (transaction) => {
        const { latest, lease_id } = await lockChanges(transaction, engine);
        if (lease_id !== leaseId) return false;
        if (observed.length > 0) await changeParticipants(transaction, engine, latest, observed);
        return true;
      }),

    async end(leaseId) {
      await changing(kysely, (transaction) =>
        transaction
          .updateTable("participant_changes")
          .set({ lease_id: null, leased_until: null, reconciled_at: clock })
          .where("lease_id", "=", leaseId)
          .execute(),
      );
    },
  };
}
