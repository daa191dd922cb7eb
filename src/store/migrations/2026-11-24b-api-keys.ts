import { type SchemaModule, sql } from "kysely";
import type { Engine } from "../engine.ts";

/** The API keys of callers, by their public part. */
export async function up(schema: SchemaModule, { text }: Engine): Promise<void> {
  await schema
    .createTable("api_keys")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("claims", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("revoked_at", "bigint")
    .execute();
  await schema
    .createIndex("api_keys_by_name")
    .on("api_keys")
    .column("name")
    .unique()
    .where(sql`revoked_at`, "is", null)
    .execute();
}
