import { runCommand, UsageError } from "./command.ts";
import { parseDatabaseAddress, readEnvironment } from "./config.ts";
import { openForMaintenance } from "./store/database.ts";
import { migrate } from "./store/migrate.ts";

/** `npm run migrate`: brings the tables of the database to this version. */
await runCommand(async (args) => {
  if (args.length > 0) throw new UsageError("Usage: npm run migrate");
  const database = await openForMaintenance(parseDatabaseAddress(readEnvironment()));
  try {
    const made = await migrate(database);
    return made.length === 0 ? "The tables are of this version." : `Made: ${made.join(", ")}`;
  } finally {
    await database.kysely.destroy();
  }
});
