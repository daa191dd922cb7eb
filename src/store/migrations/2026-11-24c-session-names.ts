import { type SchemaModule, sql } from "kysely";

/** Sessions are found by their names, or by how these begin, without a look at all the others. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema
    .createIndex("sessions_by_name")
    .on("sessions")
    .columns(["application_id", "name"])
    .where(sql`name`, "is not", null)
    .execute();
}
