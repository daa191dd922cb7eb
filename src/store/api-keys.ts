import type { Selectable } from "kysely";
import type { Database } from "./engine.ts";
import type { ApiKey, ApiKeys } from "./store.ts";
import type { ApiKeyTable } from "./tables.ts";

/** The API keys in a SQL database. */
export function apiKeys({ kysely: database, reads }: Database): ApiKeys {
  return {
    async add({ id, name, digest, claims, createdAt, revokedAt }) {
      const result = await database
        .insertInto("api_keys")
        .values({
          id,
          name,
          digest,
          claims: JSON.stringify(claims),
          created_at: createdAt.getTime(),
          revoked_at: revokedAt?.getTime() ?? null,
        })
        .onConflict((conflict) => conflict.column("name").where("revoked_at", "is", null).doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n;
    },

    async find(id) {
      const row = await reads.selectFrom("api_keys").selectAll().where("id", "=", id).executeTakeFirst();
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

    async list() {
      const rows = await reads.selectFrom("api_keys").selectAll().orderBy("created_at").execute();
      return rows.map(toApiKey);
    },

    async revoke(idOrName, revokedAt) {
      const result = await database
        .updateTable("api_keys")
        .set({ revoked_at: revokedAt.getTime() })
        .where((row) => row.or([row("id", "=", idOrName), row("name", "=", idOrName)]))
        .where("revoked_at", "is", null)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
  };
}

function toApiKey(row: Selectable<ApiKeyTable>): ApiKey {
  return {
    id: row.id,
    name: row.name,
    digest: row.digest,
    claims: JSON.parse(row.claims),
    createdAt: new Date(row.created_at),
    revokedAt: row.revoked_at === null ? null : new Date(row.revoked_at),
  };
}
