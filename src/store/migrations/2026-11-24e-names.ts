import type { SchemaModule } from "kysely";
import type { Engine } from "../engine.ts";

/** The session that each name maps to, and the lease to create the next one. */
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
