import { randomUUID } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { access, open, rename, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { runCommand, UsageError } from "./command.ts";
import { parseDatabaseAddress, readEnvironment } from "./config.ts";
import { openForMaintenance } from "./store/database.ts";
import type { DatabaseAddress } from "./store/database-address.ts";
import { DumpError, dump, load, type Summary } from "./store/dump.ts";
import type { Database } from "./store/engine.ts";
import { migrate, pendingMigrations } from "./store/migrate.ts";

const USAGE = `Usage: npm run export -- <file>
       npm run import -- <file>

The file has JSON Lines. An import is into an empty database, and is all or nothing.`;

async function withDatabase(
  address: DatabaseAddress,
  act: (database: Database) => Promise<Summary>,
): Promise<string> {
  const database = await openForMaintenance(address);
  try {
    return describe(await act(database));
  } catch (error) {
    if (error instanceof DumpError) throw new UsageError(error.message);
    throw error;
  } finally {
    await database.engine.settle(database.kysely);
    await database.kysely.destroy();
  }
}

/** The file is there once it is whole, and is for nobody else to read: it says who may meet whom. */
async function exportTo(path: string, { kysely }: Database): Promise<Summary> {
  if ((await pendingMigrations(kysely)).length > 0) {
    throw new UsageError("DATABASE_URL: the database lacks tables of this version; run npm run migrate");
  }
  // Of this export alone: another one to the same path must not write into it.
  const partial = `${path}.${randomUUID()}.partial`;
  const file = await open(partial, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path}: cannot be written: ${error.code}`);
  });
  try {
    const summary = await dump(kysely, new Date(), (lines) => file.appendFile(lines), progress());
    await file.sync();
    await rename(partial, path);
    return summary;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function importFrom(path: string, database: Database): Promise<Summary> {
  await migrate(database);
  return load(database.kysely, linesOf(path), progress());
}

/** Opened when the first line is asked for: what readline reads before is lost. */
async function* linesOf(path: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

/** How often progress is told, in rows. */
const EVERY = 100_000;

/** Tells how many rows there are so far, on standard error. */
function progress(): (rows: number) => void {
  let next = EVERY;
  return (rows) => {
    if (rows < next) return;
    next = rows - (rows % EVERY) + EVERY;
    process.stderr.write(`${rows} rows\n`);
  };
}

function describe(summary: Summary): string {
  return Object.entries(summary)
    .map(([table, { rows, sha256 }]) => `${table}\t${rows} rows\tsha256 ${sha256}`)
    .join("\n");
}

/** `npm run export` and `npm run import`: everything in the database to a file, and back, into whichever engine. */
await runCommand(async ([command, file, ...others]) => {
  if (file === undefined || others.length > 0) throw new UsageError(USAGE);
  const address = parseDatabaseAddress(readEnvironment());
  if (command === "export") {
    // It would be made, and be empty.
    if (address.engine === "sqlite" && !existsSync(address.file ?? "")) {
      throw new UsageError(`DATABASE_URL: there is no database ${address.file}`);
    }
    return withDatabase(address, (database) => exportTo(file, database));
  }
  if (command === "import") {
    await access(file).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${file}: cannot be read: ${error.code}`);
    });
    return withDatabase(address, (database) => importFrom(file, database));
  }
  throw new UsageError(USAGE);
});
