import type { Kysely } from "kysely";

/** The sessions created here, in the order of creation. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("sessions")
    // AUTOINCREMENT, because a page's cursor is a position: it must never be given out twice.
    .addColumn("position", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("session_id", "text", (column) => column.notNull().unique())
    .addColumn("application_id", "text", (column) => column.notNull())
    .addColumn("name", "text")
    .addColumn("media_mode", "text")
    .addColumn("archive_mode", "text")
    .addColumn("archive_name", "text")
    .addColumn("archive_resolution", "text")
    .addColumn("location", "text")
    .addColumn("e2ee", "integer")
    .addColumn("created_at", "integer")
    .execute();
  await database.schema
    .createIndex("sessions_by_application")
    .on("sessions")
    .columns(["application_id", "position"])
    .execute();
}

export async function down(database: Kysely<unknown>): Promise<void> {
  await database.schema.dropTable("sessions").execute();
}
