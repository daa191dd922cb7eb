import type { SchemaModule } from "kysely";

/**
 * Indexes for finding records of the ledger by ID, by time and by caller, newest first. The position alone does not give the
 * order of time, because the clocks of servers differ.
 */
export async function up(schema: SchemaModule): Promise<void> {
  const indexes = {
    issued_tokens_by_id: ["id", "position"],
    issued_tokens_by_time: ["issued_at", "position"],
    issued_tokens_by_caller: ["issued_to", "issued_at", "position"],
  };
  for (const [name, columns] of Object.entries(indexes)) {
    await schema.createIndex(name).on("issued_tokens").columns(columns).execute();
  }
}
