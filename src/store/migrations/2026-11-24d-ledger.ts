import type { SchemaModule } from "kysely";
import type { Engine } from "../engine.ts";

/**
 * A record of every issued token, in the order of issuance. It has few indexes, because every token is written to each of
 * them.
 */
export async function up(schema: SchemaModule, { position, text }: Engine): Promise<void> {
  await schema
    .createTable("issued_tokens")
    .addColumn("position", ...position)
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("session_id", text, (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("format", "text", (column) => column.notNull())
    .addColumn("issued_to", "text", (column) => column.notNull())
    .addColumn("issued_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .execute();
  await schema
    .createIndex("issued_tokens_by_session")
    .on("issued_tokens")
    .columns(["session_id", "position"])
    .execute();
  // One row, which earlier versions write to test the ledger.
  await schema
    .createTable("ledger_checks")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("checked_at", "bigint", (column) => column.notNull())
    .execute();
}
