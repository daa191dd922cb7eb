import { type Kysely, sql } from "kysely";

/** Sessions are found by their names, or by how these begin, without a look at all the others. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createIndex("sessions_by_name")
    .on("sessions")
    .columns(["application_id", "name"])
    .where(sql`name`, "is not", null)
    .execute();
}

export async function down(database: Kysely<unknown>): Promise<void> {
  await database.schema.dropIndex("sessions_by_name").execute();
}
