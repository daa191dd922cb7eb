import type { SchemaModule } from "kysely";
import type { Engine } from "../engine.ts";

/**
 * The usage of callers, with the columns of rate-limiter-flexible, in its order. On PostgreSQL the table is unlogged, so that
 * counting does not wait for the disk. After a crash, a minute's quota may start again.
 */
export async function up(schema: SchemaModule, { unlogged, text }: Engine): Promise<void> {
  await schema
    .createTable("quota_points")
    .modifyFront(unlogged)
    .addColumn("key", text, (column) => column.primaryKey())
    .addColumn("points", "bigint", (column) => column.notNull())
    .addColumn("expire", "bigint")
    .execute();
}
