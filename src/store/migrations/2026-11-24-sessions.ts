import type { SchemaModule } from "kysely";
import type { Engine } from "../engine.ts";

/** The sessions that Stagepass created, in the order of creation. */
export async function up(schema: SchemaModule, { position, text }: Engine): Promise<void> {
  await schema
    .createTable("sessions")
    .addColumn("position", ...position)
    .addColumn("session_id", text, (column) => column.notNull().unique())
    .addColumn("application_id", text, (column) => column.notNull())
    .addColumn("name", text)
    .addColumn("media_mode", "text")
    .addColumn("archive_mode", "text")
    .addColumn("archive_name", "text")
    .addColumn("archive_resolution", "text")
    .addColumn("location", "text")
    .addColumn("e2ee", "integer")
    .addColumn("created_at", "bigint")
    .execute();
  await schema
    .createIndex("sessions_by_application")
    .on("sessions")
    .columns(["application_id", "position"])
    .execute();
}
