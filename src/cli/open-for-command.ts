import { openDatabase } from "../store/database.ts";
import { type DatabaseAddress, describeAddress } from "../store/database-address.ts";
import type { Database } from "../store/engine.ts";

/**
 * Opens the database for a command. A command that only reads never creates a database. Any other command reports a database that
 * it creates, because the working directory may be the wrong one.
 *
 * @throws {StartupError} if the database cannot be used, or is missing and the command only reads
 */
export async function openForCommand(address: DatabaseAddress, reads: boolean): Promise<Database> {
  const database = await openDatabase(address, { mustExist: reads });
  sayWhetherNew(database, address);
  return database;
}

/** Reports on standard error that the command created the database. */
export function sayWhetherNew({ isNew }: Database, address: DatabaseAddress): void {
  if (isNew)
    process.stderr.write(
      `Created the new database ${describeAddress(address)}; to use the server's database, set the same DATABASE_URL.\n`,
    );
}
