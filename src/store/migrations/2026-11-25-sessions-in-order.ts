import { type SchemaModule, sql } from "kysely";

/**
 * Sessions are listed by their names, newest first within a name. With the negative of the position, all of it ascends; and PostgreSQL
 * cannot take the primary key for this order, which it would walk for long where few sessions have the name.
 */
export async function up(schema: SchemaModule): Promise<void> {
  await schema
    .createIndex("sessions_in_order")
    .on("sessions")
    .columns(["application_id", "name"])
    .expression(sql`(-position)`)
    .execute();
}
