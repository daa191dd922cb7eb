import { type SchemaModule, sql } from "kysely";

/**
 * An index for listing sessions by name, newest first within a name. With the negative position, all columns ascend. It also
 * keeps PostgreSQL from walking the primary key for this order, which is slow if few sessions have the name.
 */
export async function up(schema: SchemaModule): Promise<void> {
  await schema
    .createIndex("sessions_in_order")
    .on("sessions")
    .columns(["application_id", "name"])
    .expression(sql`(-position)`)
    .execute();
}
