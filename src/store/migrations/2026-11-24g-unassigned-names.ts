import { type SchemaModule, sql } from "kysely";

/** An index for finding the names that map to no session, to delete them. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema
    .createIndex("session_names_unassigned")
    .on("session_names")
    .columns(["application_id", "name"])
    .where(sql`session_id`, "is", null)
    .execute();
}
