import type { SchemaModule } from "kysely";

/** The times when servers ran, so that retention can tell a clock set ahead from time that has passed. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema
    .createTable("server_runs")
    .addColumn("began_at", "bigint", (column) => column.primaryKey())
    .addColumn("seen_at", "bigint", (column) => column.notNull())
    .execute();
}
