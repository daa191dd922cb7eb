import { type ExpressionBuilder, sql } from "kysely";
import { connectionIdOf } from "../domain/participant.ts";
import { type Removal, RemovalReason } from "../domain/removal.ts";
import type { Database } from "./engine.ts";
import { changing, lockChanges } from "./participant-changes.ts";
import type { Participants, Removals } from "./store.ts";
import type { Tables } from "./tables.ts";

/**
 * The removals in a SQL database.
 *
 * @param apply applies observations, and with them ends the removals of those who have left
 */
export function removals({ kysely, reads, engine }: Database, apply: Participants["apply"]): Removals {
  const { clock } = engine;
  // PostgreSQL's clock advances while a statement runs. Without the subquery, it would use no index.
  const now = sql<number>`(select ${clock})`;
  const isDue = ({ and, or, eb }: ExpressionBuilder<Tables, "removals">) =>
    and([eb("due_at", "<=", now), or([eb("taken_until", "is", null), eb("taken_until", "<=", now)])]);

  return {
    request: (participantId) =>
      changing(kysely, async (transaction) => {
        await lockChanges(transaction, engine);
        const present = await transaction
          .selectFrom("participants")
          .select("session_id")
          .where("id", "=", participantId)
          .where("left_at", "is", null)
          .executeTakeFirst();
        if (!present) return false;
        const lasting = { reason: RemovalReason.REMOVED, ban_id: null, due_at: clock };
        await transaction
          .insertInto("removals")
          .values({
            participant_id: participantId,
            session_id: present.session_id,
            created_at: clock,
            attempts: 0,
            ...lasting,
          })
          .onConflict((conflict) => conflict.column("participant_id").doUpdateSet(lasting))
          .execute();
        return true;
      }),

    async take(limit, duration, participantId) {
      const isWanted = (query: ExpressionBuilder<Tables, "removals">) =>
        participantId === undefined ? isDue(query) : query("participant_id", "=", participantId);
      const due = await reads
        .selectFrom("removals")
        .select("participant_id")
        .where(isWanted)
        .orderBy("due_at")
        .limit(1)
        .execute();
      if (due.length === 0) return [];
      // Waiting for rows that others have locked could be a deadlock, because they lock in another order.
      const locked = participantId === undefined ? engine.skippingLocked : sql``;
      const taken = await changing(kysely, (transaction) =>
        transaction
          .with("due", (query) =>
            query
              .selectFrom("removals")
              .select("participant_id")
              .where(isWanted)
              .orderBy("due_at")
              .limit(limit)
              .modifyEnd(locked),
          )
          .updateTable("removals")
          .set({ taken_until: sql<number>`${clock} + ${sql.lit(duration)}` })
          .where("participant_id", "in", (query) => query.selectFrom("due").select("participant_id"))
          .returning(["participant_id", "session_id", "reason", "attempts"])
          .execute(),
      );
      return taken.map(
        (row): Removal => ({
          participantId: row.participant_id,
          sessionId: row.session_id,
          reason: row.reason as RemovalReason,
          attempts: row.attempts,
        }),
      );
    },

    async confirm({ participantId, sessionId }, { at, reason }) {
      const connectionId = connectionIdOf(participantId);
      const known = await reads
        .selectFrom("participants")
        .select("joined_at")
        .where("id", "=", participantId)
        .executeTakeFirst();
      const joinedAt = known?.joined_at ?? at;
      // The clock that told when it joined is the platform's.
      const leave = { at: Math.max(at, joinedAt), reason };
      const seen = { sessionId, connectionId, joinedAt, data: null, leave, stream: null, isListed: false };
      await apply([{ seen, fingerprints: [] }]);
    },

    async postpone({ participantId }, delay) {
      await changing(kysely, (transaction) =>
        transaction
          .updateTable("removals")
          .set({
            attempts: sql<number>`attempts + 1`,
            due_at: sql<number>`${clock} + ${sql.lit(Math.round(delay))}`,
            taken_until: null,
          })
          .where("participant_id", "=", participantId)
          .execute(),
      );
    },

    async count() {
      const { count } = await reads
        .selectFrom("removals")
        .select(({ fn }) => fn.countAll().as("count"))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
  };
}
