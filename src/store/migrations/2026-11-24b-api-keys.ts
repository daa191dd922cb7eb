import { type Kysely, sql } from "kysely";

/** The API keys of callers, by the part that may be seen. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("api_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("claims", "text", (column) => column.notNull())
    .addColumn("created_at", "integer", (column) => column.notNull())
    .addColumn("revoked_at", "integer")
    .execute();
  await database.schema
    .createIndex("api_keys_by_name")
    .on("api_keys")
    .column("name")
    .unique()
    .where(sql`revoked_at`, "is", null)
    .execute();
}

export async function down(database: Kysely<unknown>): Promise<void> {
  await database.schema.dropTable("api_keys").execute();
}
