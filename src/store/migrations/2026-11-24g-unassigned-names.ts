import { type SchemaModule, sql } from "kysely";

/** Names that stand for no session are found without a look at all the others, to be cleared. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema
    .createIndex("session_names_unassigned")
    .on("session_names")
    .columns(["application_id", "name"])
    .where(sql`session_id`, "is", null)
    .execute();
}
