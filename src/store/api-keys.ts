import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Database } from "./engine.ts";
import type { ApiKeys, StoredApiKey } from "./store.ts";
import type { ApiKeyTable } from "./tables.ts";

const HOUR = 60 * 60 * 1000;

/** The API keys in a SQL database. */
export function apiKeys({ kysely: database, reads, engine: { clock } }: Database): ApiKeys {
  const isUsable = sql<boolean>`(revoked_at is null and (expires_at is null or expires_at > ${clock}))`;
  const selectKeys = () => reads.selectFrom("api_keys").selectAll().select(clock.as("now"));

  return {
    async add({ id, name, digest, claims, createdAt, revokedAt, expiresAt }) {
      const result = await database
        .insertInto("api_keys")
        .values({
          id,
          name,
          digest,
          claims: JSON.stringify(claims),
          created_at: createdAt.getTime(),
          revoked_at: revokedAt?.getTime() ?? null,
          expires_at: expiresAt?.getTime() ?? null,
        })
        .onConflict((conflict) => conflict.column("name").where("revoked_at", "is", null).doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n;
    },

    async find(id) {
      const row = await selectKeys().where("id", "=", id).executeTakeFirst();
      return row ? toApiKey(row) : null;
    },

    async any() {
      const row = await reads.selectFrom("api_keys").select("id").limit(1).executeTakeFirst();
      return row !== undefined;
    },

    async ids() {
      const rows = await database.selectFrom("api_keys").select("id").execute();
      return rows.map(({ id }) => id);
    },

    async usable(ids) {
      const rows = await reads
        .selectFrom("api_keys")
        .select("id")
        .where("id", "in", ids)
        .where(isUsable)
        .execute();
      return rows.map(({ id }) => id);
    },

    async findNamed(name) {
      const row = await selectKeys()
        .where("name", "=", name)
        .where("revoked_at", "is", null)
        .executeTakeFirst();
      return row ? toApiKey(row) : null;
    },

    async count(since) {
      const { keys } = await reads
        .selectFrom("api_keys")
        .select(({ fn }) => fn.countAll().as("keys"))
        .where(({ eb, or }) => or([eb("created_at", ">=", since.getTime()), isUsable]))
        .executeTakeFirstOrThrow();
      return Number(keys);
    },

    async page(limit, after) {
      const from = after
        ? selectKeys().where(sql<boolean>`(created_at, id) < (${after.time}, ${after.id})`)
        : selectKeys();
      const rows = await from.orderBy("created_at", "desc").orderBy("id", "desc").limit(limit).execute();
      return rows.map(toApiKey);
    },

    async list() {
      const rows = await selectKeys().orderBy("created_at").execute();
      return rows.map(toApiKey);
    },

    async use(id) {
      const hour = hourOf(clock);
      await database
        .updateTable("api_keys")
        .set({ last_used_at: hour })
        .where("id", "=", id)
        .where((row) => row.or([row("last_used_at", "is", null), row("last_used_at", "<", hour)]))
        .execute();
    },

    async revoke(idOrName, revokedAt) {
      const revoked = await database
        .updateTable("api_keys")
        .set({ revoked_at: revokedAt.getTime() })
        .where((row) => row.or([row("id", "=", idOrName), row("name", "=", idOrName)]))
        .where("revoked_at", "is", null)
        .returning("id")
        .executeTakeFirst();
      return revoked?.id ?? null;
    },
  };
}

/** The start of an instant's hour, in epoch milliseconds. */
function hourOf(instant: RawBuilder<number>): RawBuilder<number> {
  return sql`${instant} / ${sql.lit(HOUR)} * ${sql.lit(HOUR)}`;
}

function toApiKey({ now, ...row }: Selectable<ApiKeyTable> & { now: number }): StoredApiKey {
  const { last_used_at: lastUsedAt, expires_at: expiresAt } = row;
  return {
    id: row.id,
    name: row.name,
    digest: row.digest,
    claims: JSON.parse(row.claims),
    createdAt: new Date(row.created_at),
    revokedAt: dateOf(row.revoked_at),
    expiresAt: dateOf(expiresAt),
    isExpired: expiresAt !== null && expiresAt <= now,
    lastUsedAt: dateOf(lastUsedAt),
    isUsedThisHour: lastUsedAt !== null && now - lastUsedAt < HOUR,
  };
}

function dateOf(instant: number | null): Date | null {
  return instant === null ? null : new Date(instant);
}
