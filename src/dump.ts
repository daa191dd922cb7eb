import { createReadStream } from "node:fs";
import { access, open, rename, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { runCommand, UsageError } from "./command.ts";
import { parseDatabaseAddress, readEnvironment } from "./config.ts";
import { openForMaintenance } from "./store/database.ts";
import { DumpError, dump, load, type Summary } from "./store/dump.ts";
import type { Database } from "./store/engine.ts";
import { migrate, pendingMigrations } from "./store/migrate.ts";

const USAGE = `Usage: npm run export -- <file>
       npm run import -- <file>

The file has JSON Lines. An import is into an empty database, and is all or nothing.`;

async function withDatabase(act: (database: Database) => Promise<Summary>): Promise<string> {
  const database = await openForMaintenance(parseDatabaseAddress(readEnvironment()));
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
  const partial = `${path}.partial`;
  const file = await open(partial, "w", 0o600).catch((error: NodeJS.ErrnoException) => {
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
  await access(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path}: cannot be read: ${error.code}`);
  });
  await migrate(database);
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  return load(database.kysely, lines, progress());
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
  if (command === "export") return withDatabase((database) => exportTo(file, database));
  if (command === "import") return withDatabase((database) => importFrom(file, database));
  throw new UsageError(USAGE);
});
