import { openDatabase } from "../store/database.ts";
import { type DatabaseAddress, describeAddress } from "../store/database-address.ts";
import type { Database } from "../store/engine.ts";

/**
 * Opens the database of a command. A command that only reads creates none; any other names the one it created,
 * which may be in the wrong folder.
 *
 * @throws {StartupError} when it cannot be used, or is not there to read
 */
export async function openForCommand(address: DatabaseAddress, reads: boolean): Promise<Database> {
  const database = await openDatabase(address, { mustExist: reads });
  sayWhetherNew(database, address);
  return database;
}

/** Tells on standard error that a database was just created. */
export function sayWhetherNew({ isNew }: Database, address: DatabaseAddress): void {
  if (isNew)
    process.stderr.write(
      `Created the new database ${describeAddress(address)}; to use the server's database, set its DATABASE_URL.\n`,
    );
}
