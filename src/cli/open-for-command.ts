import { openDatabase } from "../store/database.ts";
import { type DatabaseAddress, describeAddress } from "../store/database-address.ts";
import type { Database } from "../store/engine.ts";

/**
 * Opens the database of a command. One that only reads makes none; any other says which one it made: it may be meant for the server of
 * another folder.
 *
 * @throws {StartupError} when it cannot be used, or is not there to read
 */
export async function openForCommand(address: DatabaseAddress, reads: boolean): Promise<Database> {
  const database = await openDatabase(address, { mustExist: reads });
  sayWhetherNew(database, address);
  return database;
}

/** Says on standard error which database was made just now. */
export function sayWhetherNew({ isNew }: Database, address: DatabaseAddress): void {
  if (isNew)
    process.stderr.write(
      `Created the new database ${describeAddress(address)}; to use the server's database, set its DATABASE_URL.\n`,
    );
}
