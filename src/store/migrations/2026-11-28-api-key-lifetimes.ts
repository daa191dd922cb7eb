import type { SchemaModule } from "kysely";

/** When an API key was last used, to the hour, and when it expires; null for never. */
export async function up(schema: SchemaModule): Promise<void> {
  for (const column of ["last_used_at", "expires_at"]) {
    // One at a time: SQLite cannot add two columns in one statement.
    await schema.alterTable("api_keys").addColumn(column, "bigint").execute();
  }
}
