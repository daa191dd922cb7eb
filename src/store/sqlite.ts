import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from "kysely";
import Database from "libsql/promise";
import { checkpoints, NO_CHECKPOINTS } from "./checkpoints.ts";
import type { Engine } from "./engine.ts";
import { type Libsql, SqliteDriver } from "./sqlite-driver.ts";

/** How long to wait for a lock of another process while the file is opened, in milliseconds. */
const BUSY_TIMEOUT = 2000;

/**
 * SQLite, embedded.
 *
 * @param file the database's path, or null to keep it in memory only
 * @param patience tells how long one use may take, in milliseconds; null sets no limit
 */
export function sqlite(file: string | null, patience: () => number | null): Engine {
  let driver: SqliteDriver | undefined;
  const beside = file === null ? NO_CHECKPOINTS : checkpoints(() => open(file));
  return {
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver() {
        driver = new SqliteDriver(() => open(file), patience, beside);
        return driver;
      },
      createIntrospector: (database) => new SqliteIntrospector(database),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
    parameter: (place) => `?${place}`,
    clock: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
    text: sql`text`,
    unlogged: sql``,
    // Without AUTOINCREMENT the number of a row that is gone would be given out again.
    position: [sql`integer`, (column) => column.primaryKey().autoIncrement()],
    // A transaction that writes is the only one.
    async lockTables() {},
    pool() {
      const uses = driver?.uses ?? 0;
      return { used: Math.min(uses, 1), idle: Math.max(1 - uses, 0), waiting: Math.max(uses - 1, 0) };
    },
    async settle(database) {
      await beside.stop();
      // So that the database is whole in its file; libsql leaves this to the garbage collector.
      await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(database);
    },
  };
}

async function open(file: string | null): Promise<Libsql> {
  if (file !== null) makePrivate(file);
  const database = new Database(file ?? ":memory:", { timeout: BUSY_TIMEOUT }) as unknown as Libsql;
  await database.exec("PRAGMA journal_mode = WAL");
  // FULL, because what was acknowledged must outlive a power cut, and WAL's default need not.
  await database.exec("PRAGMA synchronous = FULL");
  // From here on the driver waits for locks.
  await database.exec("PRAGMA busy_timeout = 0");
  return database;
}

/** Who may meet whom is nobody else's business, and the folder also holds the local project's secret. */
function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // A file that is there must not even be opened: to close it would end all the locks that this process has on it, and the
  // next one to leave the file would take what is not yet in it away (POSIX, fcntl).
  try {
    closeSync(openSync(file, "ax", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
