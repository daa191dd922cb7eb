import type { Command } from "commander";
import { parseDatabaseAddress, readEnvironment } from "../../config/config.ts";
import { openMigrated } from "../../store/database.ts";
import { sayWhetherNew } from "../open-for-command.ts";
import type { Outcome } from "../outcome.ts";
import { explains, performs } from "../perform.ts";

/** `stagepass migrate`. */
export function defineMigrate(program: Command): void {
  const command = program.command("migrate").description("Run the pending migrations of the database.");
  performs(command, () => migrateDatabase());
  explains(command, "stagepass migrate", ["DATABASE_URL"]);
}

/** Runs the pending migrations. */
async function migrateDatabase(): Promise<Outcome> {
  const address = parseDatabaseAddress(...readEnvironment());
  const database = await openMigrated(address);
  try {
    const { made } = database;
    sayWhetherNew(database, address);
    const text = made.length === 0 ? "No migrations are pending." : `Migrated: ${made.join(", ")}`;
    return { text, json: { made } };
  } finally {
    await database.kysely.destroy();
  }
}
