import type { SchemaModule } from "kysely";

/**
 * The records of the ledger are found by their IDs, by their times, and by who asked for them, newest first. Not by the position
 * alone: the clocks of servers differ, so that the order of issuance is not quite that of time.
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
