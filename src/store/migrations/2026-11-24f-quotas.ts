import type { SchemaModule } from "kysely";
import type { Engine } from "../engine.ts";

/**
 * What callers have asked for, as rate-limiter-flexible counts it: its columns, in its order. On PostgreSQL it is
 * unlogged: to count must not wait for the disk, and after a crash a minute's quota begins anew.
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
