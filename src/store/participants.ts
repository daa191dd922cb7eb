import { type Selectable, sql } from "kysely";
import { connectionIdOf, MAX_SHOWN_STREAMS } from "../domain/participant.ts";
import { Role } from "../domain/role.ts";
import { DatabaseUnavailable } from "../errors.ts";
import { PATIENCE } from "./deadline.ts";
import type { Database } from "./engine.ts";
import { groupCommit } from "./group-commit.ts";
import { changeParticipants, changing, lockChanges } from "./participant-changes.ts";
import { toParticipant, toStream } from "./participant-rows.ts";
import { reconciliationLease } from "./reconciliation-lease.ts";
import type { Observed, Participants, Present } from "./store.ts";
import type { ParticipantTable } from "./tables.ts";
import { newestWithin } from "./time-walks.ts";

type Row = Selectable<ParticipantTable>;

/** The shortest time from one commit of several observations to the next, in milliseconds. Tokens commit meanwhile. */
const SPACING = 40;

/** A participant that is present, and one of its streams or null. */
type PresentRow = Pick<Row, "id" | "joined_at"> & {
  readonly stream_id: string | null;
  readonly created_at: number | null;
};

/** The condition of the index of those who are in a session now. */
const IS_PRESENT = sql<boolean>`left_at is null`;

/** The condition of the index of those whose token is known. */
const HAS_TOKEN = sql<boolean>`token_id is not null`;

/** The participants in a SQL database. */
export function participants(database: Database): Participants {
  const { kysely, reads, engine } = database;

  const write = (observed: readonly Observed[]) =>
    changing(kysely, async (transaction) => {
      const { latest } = await lockChanges(transaction, engine);
      await changeParticipants(transaction, engine, latest, observed);
    });

  return {
    lease: reconciliationLease(database),

    apply: groupCommit(write, PATIENCE, () => new DatabaseUnavailable("it did not answer in time"), SPACING),

    async pages(sessionIds, present, limit, after) {
      const walks = sessionIds.map((id) => {
        const key = ["session_id", id] as const;
        const index = { table: "participants", key, time: "joined_at" } as const;
        const only = present ? { only: IS_PRESENT } : {};
        return sql`select * from (${newestWithin(engine, sql`*`, { ...index, ...only }, {}, limit, after) ?? sql``}) as walk`;
      });
      const all = sql<Row>`
        select * from (${sql.join(walks, sql` union all `)}) as newest order by joined_at desc, position desc`;
      const { rows } = await engine.walk(reads, all);
      return rows.map((row) => ({ position: row.position, participant: toParticipant(row) }));
    },

    async count(sessionIds, limit) {
      const counts = sessionIds.map(
        (id, i) => sql`
          select ${sql.lit(i)} as place, count(*) as count
          from (select 1 from participants where session_id = ${id} and ${IS_PRESENT} limit ${limit}) as walk`,
      );
      const all = sql<{ count: number }>`${sql.join(counts, sql` union all `)} order by place`;
      const { rows } = await engine.walk(reads, all);
      return rows.map(({ count }) => Number(count));
    },

    async ofTokens(tokenIds, limit) {
      const walks = tokenIds.map((id) => {
        const key = ["token_id", id] as const;
        const index = { table: "participants", key, time: "joined_at", only: HAS_TOKEN } as const;
        return sql`select * from (${newestWithin(engine, sql`*`, index, {}, limit, null) ?? sql``}) as walk`;
      });
      const all = sql<Row>`
        select * from (${sql.join(walks, sql` union all `)}) as newest order by joined_at desc, position desc`;
      const { rows } = await engine.walk(reads, all);
      return rows.map(toParticipant);
    },

    async isModerated(sessionId, identity) {
      const row = await reads
        .selectFrom("participants")
        .select("id")
        .where("session_id", "=", sessionId)
        .where("identity", "=", identity)
        .where("role", "=", Role.MODERATOR)
        .where("left_at", "is", null)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("removals").select("reason").whereRef("participant_id", "=", "participants.id"),
            ),
          ),
        )
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async findMany(ids) {
      const rows = await reads.selectFrom("participants").selectAll().where("id", "in", ids).execute();
      return rows.map(toParticipant);
    },

    async streams(participantIds) {
      const rows = await reads
        .selectFrom(({ selectFrom }) =>
          selectFrom("participant_streams")
            .selectAll()
            .select(({ fn }) =>
              fn
                .agg<number>("row_number")
                .over((over) =>
                  over
                    .partitionBy("participant_id")
                    .orderBy("created_at", "desc")
                    .orderBy("stream_id", "desc"),
                )
                .as("place"),
            )
            .where("participant_id", "in", participantIds)
            .where("is_ended", "=", 0)
            .as("open"),
        )
        .selectAll()
        .where("place", "<=", MAX_SHOWN_STREAMS)
        .orderBy("created_at")
        .orderBy("stream_id")
        .execute();
      return rows.map(toStream);
    },

    async latestChange() {
      const row = await reads.selectFrom("participant_changes").select("latest").executeTakeFirst();
      return row?.latest ?? 0;
    },

    async changedAfter(change, limit) {
      const changed = sql<Row>`
        select * from participants where change > ${change} order by change limit ${limit}`;
      const { rows } = await engine.walk(reads, changed);
      return rows.map((row) => ({ change: row.change, participant: toParticipant(row) }));
    },

    async occupiedAfter(sessionId) {
      const next = sql<{ session_id: string }>`
        select session_id from participants where session_id > ${sessionId} and ${IS_PRESENT}
        order by session_id, joined_at, position limit 1`;
      const { rows } = await engine.walk(reads, next);
      return rows[0]?.session_id ?? null;
    },

    async present(sessionId) {
      const both = sql<PresentRow>`
        select participants.id, joined_at, stream_id, created_at
        from participants left join participant_streams on participant_id = participants.id and is_ended = 0
        where session_id = ${sessionId} and ${IS_PRESENT}`;
      const { rows } = await engine.walk(reads, both);
      const found = new Map<string, Present & { streams: { id: string; createdAt: number }[] }>();
      for (const { id, joined_at, stream_id, created_at } of rows) {
        const one = found.get(id) ?? { connectionId: connectionIdOf(id), joinedAt: joined_at, streams: [] };
        found.set(id, one);
        if (stream_id !== null && created_at !== null)
          one.streams.push({ id: stream_id, createdAt: created_at });
      }
      return [...found.values()];
    },

    purge: (instant, limit) =>
      changing(kysely, async (transaction) => {
        await lockChanges(transaction, engine);
        const { numDeletedRows } = await transaction
          .deleteFrom("participants")
          .where("id", "in", (query) =>
            query
              .selectFrom("participants")
              .select("id")
              .where("left_at", "<", instant.getTime())
              .orderBy("left_at")
              .limit(limit),
          )
          .executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
}
