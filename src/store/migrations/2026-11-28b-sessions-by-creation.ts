import type { SchemaModule } from "kysely";

/** A project's sessions of a range of time are found, newest first, without a look at the others. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema
    .createIndex("sessions_by_creation")
    .on("sessions")
    .columns(["application_id", "created_at", "position"])
    .execute();
}
