import type { SchemaModule } from "kysely";
import type { Engine } from "../engine.ts";

/** Which session a name stands for now, and who may create the next one until when. */
export async function up(schema: SchemaModule, { text }: Engine): Promise<void> {
  await schema
    .createTable("session_names")
    .addColumn("application_id", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("session_id", text)
    .addColumn("since", "bigint")
    .addColumn("lease_id", text)
    .addColumn("leased_until", "bigint")
    .addPrimaryKeyConstraint("session_names_key", ["application_id", "name"])
    .execute();
}
