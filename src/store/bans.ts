import { randomUUID } from "node:crypto";
import { type Selectable, sql } from "kysely";
import { type Ban, banId } from "../domain/ban.ts";
import { type Concerned, cancelRemovals, isInForce, requestRemovals } from "./admission.ts";
import type { Database } from "./engine.ts";
import { changing, lockChanges } from "./participant-changes.ts";
import type { Bans } from "./store.ts";
import type { BanTable } from "./tables.ts";

type Row = Selectable<BanTable> & { readonly now: number };

/** The bans in a SQL database. */
export function bans({ kysely, reads, engine }: Database): Bans {
  const { clock } = engine;
  return {
    add: ({ identity, fingerprint, sessionId, until, createdBy }) =>
      changing(kysely, async (transaction) => {
        await lockChanges(transaction, engine);
        const row = await transaction
          .insertInto("bans")
          .values({
            id: banId(randomUUID()),
            identity,
            data_fingerprint: fingerprint,
            session_id: sessionId,
            until: until?.getTime() ?? null,
            created_at: clock,
            created_by: createdBy,
          })
          .returningAll()
          .returning(clock.as("now"))
          .executeTakeFirstOrThrow();
        await requestRemovals(transaction, engine, concernedBy(row));
        // Last, so that tokens wait for the commit alone.
        await engine.holdIssuing(transaction);
        return toBan(row);
      }),

    lift: (id) =>
      changing(kysely, async (transaction) => {
        await lockChanges(transaction, engine);
        const row = await transaction
          .updateTable("bans")
          .set({ lifted_at: sql<number>`coalesce(lifted_at, ${clock})` })
          .where("id", "=", id)
          .returningAll()
          .returning(clock.as("now"))
          .executeTakeFirst();
        if (!row) return null;
        await cancelRemovals(transaction, engine, id, concernedBy(row));
        return toBan(row);
      }),

    async findMany(ids) {
      const rows = await reads
        .selectFrom("bans")
        .selectAll()
        .select(clock.as("now"))
        .where("id", "in", ids)
        .execute();
      return rows.map(toBan);
    },

    async list({ identity, sessionId, active }, limit, position) {
      const before = position ?? Number.MAX_SAFE_INTEGER;
      const conditions = [
        identity != null
          ? engine.before("identity", identity, before)
          : sessionId != null
            ? engine.before("session_id", sessionId, before)
            : sql`position < ${before}`,
        ...(identity != null && sessionId != null ? [sql`session_id = ${sessionId}`] : []),
        ...(active == null ? [] : [active ? isInForce(engine) : sql`not (${isInForce(engine)})`]),
      ];
      const key =
        identity != null ? sql`identity desc, ` : sessionId != null ? sql`session_id desc, ` : sql``;
      const page = sql<Row>`
        select bans.*, ${clock} as now from bans where ${sql.join(conditions, sql` and `)}
        order by ${key}position desc limit ${limit}`;
      const { rows } = await engine.walk(reads, page);
      return rows.map((row) => ({ position: row.position, ban: toBan(row) }));
    },

    async purge(instant, limit) {
      const time = instant.getTime();
      const { numDeletedRows } = await kysely
        .deleteFrom("bans")
        .where("position", "in", (query) =>
          query
            .selectFrom("bans")
            .select("position")
            .where(({ or, eb }) => or([eb("lifted_at", "<", time), eb("until", "<", time)]))
            .limit(limit),
        )
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

function concernedBy({ identity, data_fingerprint, session_id }: Row): Concerned {
  return identity === null
    ? { sessionId: session_id, column: "data_fingerprint", value: data_fingerprint ?? "" }
    : { sessionId: session_id, column: "identity", value: identity };
}

function toBan({ now, ...row }: Row): Ban {
  return {
    id: row.id,
    identity: row.identity,
    sessionId: row.session_id,
    until: row.until === null ? null : new Date(row.until),
    createdAt: new Date(row.created_at),
    createdBy: row.created_by,
    liftedAt: row.lifted_at === null ? null : new Date(row.lifted_at),
    isActive: row.lifted_at === null && (row.until === null || row.until > now),
  };
}
