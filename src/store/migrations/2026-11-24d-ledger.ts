import type { SchemaModule } from "kysely";
import type { Engine } from "../engine.ts";

/**
 * The record of every token that was issued, in the order of issuance. It has as few indexes as there are questions: each
 * one is written with every token.
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
  // One row, written to find out whether the ledger can be.
  await schema
    .createTable("ledger_checks")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("checked_at", "bigint", (column) => column.notNull())
    .execute();
}
