import { parseDatabaseAddress, readEnvironment } from "../../config/config.ts";
import { openForMaintenance } from "../../store/database.ts";
import { migrate } from "../../store/migrate.ts";
import type { Outcome } from "../outcome.ts";

/** Brings the tables of the database to this version. */
export async function migrateDatabase(): Promise<Outcome> {
  const database = await openForMaintenance(parseDatabaseAddress(readEnvironment()));
  try {
    const made = await migrate(database);
    const text = made.length === 0 ? "The tables are of this version." : `Made: ${made.join(", ")}`;
    return { text, json: { made } };
  } finally {
    await database.kysely.destroy();
  }
}
