import type { SchemaModule } from "kysely";

/** An index for finding a project's sessions in a range of time, newest first, without a scan. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema
    .createIndex("sessions_by_creation")
    .on("sessions")
    .columns(["application_id", "created_at", "position"])
    .execute();
}
