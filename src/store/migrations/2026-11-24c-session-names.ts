import { type SchemaModule, sql } from "kysely";

/** An index for finding sessions by their names, or by prefixes of them, without a scan. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema
    .createIndex("sessions_by_name")
    .on("sessions")
    .columns(["application_id", "name"])
    .where(sql`name`, "is not", null)
    .execute();
}
