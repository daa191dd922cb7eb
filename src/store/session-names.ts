import { randomUUID } from "node:crypto";
import { type ExpressionBuilder, sql } from "kysely";
import type { Database } from "./engine.ts";
import { toRow, toSession } from "./session-registry.ts";
import type { SessionNames } from "./store.ts";
import type { Tables } from "./tables.ts";

const NO_LEASE = { lease_id: null, leased_until: null };

/** How many abandoned names are deleted at once; few, so that the caller's wait stays short. */
const CLEARED_AT_ONCE = 10;

/**
 * Session names in a SQL database. A lease is a row, not a lock of the database: no transaction stays open while the platform
 * creates the session. It also expires if its holder crashes.
 */
export function sessionNames({ kysely, reads, engine: { clock } }: Database): SessionNames {
  const isAbandoned = ({ and, or, eb }: ExpressionBuilder<Tables, "session_names">) =>
    and([
      eb("session_id", "is", null),
      or([eb("leased_until", "is", null), eb("leased_until", "<=", clock)]),
    ]);

  const clearAbandoned = async () => {
    const abandoned = await kysely
      .selectFrom("session_names")
      .select(["application_id", "name"])
      .where(isAbandoned)
      .limit(CLEARED_AT_ONCE)
      .execute();
    // One by one, because two servers that delete several rows could deadlock. Each is checked again before it is deleted.
    for (const { application_id, name } of abandoned) {
      await kysely
        .deleteFrom("session_names")
        .where("application_id", "=", application_id)
        .where("name", "=", name)
        .where(isAbandoned)
        .execute();
    }
  };

  return {
    async find(applicationId, name) {
      const row = await reads
        .selectFrom("session_names")
        .leftJoin("sessions", "sessions.session_id", "session_names.session_id")
        .selectAll("sessions")
        .select([
          "session_names.session_id as assigned",
          sql<number | null>`${clock} - session_names.since`.as("age"),
          sql<number | null>`session_names.leased_until - ${clock}`.as("lease_left"),
        ])
        .where("session_names.application_id", "=", applicationId)
        .where("session_names.name", "=", name)
        .executeTakeFirst();
      if (!row) return { assigned: null, current: null, leased: false };
      const { assigned, age, lease_left, session_id, application_id, position, ...others } = row;
      const exists = session_id !== null && application_id !== null && position !== null && age !== null;
      return {
        assigned,
        current: exists
          ? { session: toSession({ session_id, application_id, position, ...others }), age }
          : null,
        leased: lease_left !== null && lease_left > 0,
      };
    },

    async findMany(applicationId, names) {
      const rows = await reads
        .selectFrom("session_names")
        .innerJoin("sessions", "sessions.session_id", "session_names.session_id")
        .selectAll("sessions")
        .where("session_names.application_id", "=", applicationId)
        .where("session_names.name", "in", names)
        .execute();
      return rows.map(toSession);
    },

    async lease(applicationId, name, seen, duration) {
      await clearAbandoned();
      const leaseId = randomUUID();
      const result = await kysely
        .insertInto("session_names")
        .values({
          application_id: applicationId,
          name,
          lease_id: leaseId,
          leased_until: sql`${clock} + ${sql.lit(duration)}`,
        })
        .onConflict((conflict) =>
          conflict
            .columns(["application_id", "name"])
            .doUpdateSet(({ ref }) => ({
              lease_id: ref("excluded.lease_id"),
              leased_until: ref("excluded.leased_until"),
            }))
            .where("session_names.session_id", "is not distinct from", seen)
            .where(({ or, eb }) =>
              or([
                eb("session_names.leased_until", "is", null),
                eb("session_names.leased_until", "<=", clock),
              ]),
            ),
        )
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n ? leaseId : null;
    },

    assign(leaseId, session) {
      return kysely.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable("session_names")
          .set({ session_id: session.sessionId, since: clock, ...NO_LEASE })
          .where("application_id", "=", session.applicationId)
          .where("name", "=", session.name)
          .where("lease_id", "=", leaseId)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await transaction.insertInto("sessions").values(toRow(session)).execute();
        return true;
      });
    },

    async release(applicationId, name, leaseId) {
      const { numDeletedRows } = await kysely
        .deleteFrom("session_names")
        .where("application_id", "=", applicationId)
        .where("name", "=", name)
        .where("lease_id", "=", leaseId)
        .where("session_id", "is", null)
        .executeTakeFirst();
      if (numDeletedRows > 0n) return;
      await kysely
        .updateTable("session_names")
        .set(NO_LEASE)
        .where("application_id", "=", applicationId)
        .where("name", "=", name)
        .where("lease_id", "=", leaseId)
        .execute();
    },
  };
}
