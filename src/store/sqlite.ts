import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Dialect, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from "kysely";
import { checkpoints, NO_CHECKPOINTS } from "./checkpoints.ts";
import type { Engine } from "./engine.ts";
import { openLibsql } from "./libsql.ts";
import { type Libsql, SqliteDriver } from "./sqlite-driver.ts";
import { MEMORY } from "./sqlite-url.ts";

/** How long SQLite waits for another process's lock when it opens the file, in milliseconds. */
const BUSY_TIMEOUT = 2000;

/** The pause between attempts where SQLite itself does not wait, in milliseconds. */
const BUSY_PAUSE = 20;

/**
 * The embedded SQLite engine.
 *
 * @param file the path of the database, or null for a database in memory.
 * @param patience returns the limit for one use, in milliseconds; null for no limit.
 * @param onDamage is called once, if the file turns out to be damaged.
 */
export function sqlite(
  file: string | null,
  patience: () => number | null,
  onDamage: (reason: string) => void,
): Engine {
  const drivers: SqliteDriver[] = [];
  let damage: string | null = null;
  const damaged = (reason: string) => {
    if (damage === null) onDamage(reason);
    damage ??= reason;
  };
  const over = (newDriver: () => SqliteDriver): Dialect =>
    dialectOver(() => {
      const driver = newDriver();
      drivers.push(driver);
      return driver;
    });
  const beside = file === null ? NO_CHECKPOINTS : checkpoints(() => open(file));
  return {
    dialect: over(() => new SqliteDriver(() => open(file), patience, beside, damaged)),
    // In memory, each connection would have its own database.
    readDialect:
      file === null
        ? null
        : over(() => new SqliteDriver(() => openToRead(file), patience, NO_CHECKPOINTS, damaged)),
    parameter: (place) => `?${place}`,
    clock: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
    text: sql`text`,
    unlogged: sql``,
    // Without AUTOINCREMENT, SQLite may reuse the numbers of deleted rows.
    position: [sql`integer`, (column) => column.primaryKey().autoIncrement()],
    // Not a row comparison: with one, SQLite would start at the newest row of the value.
    before: (column, value, position) => sql`${sql.ref(column)} = ${value} and position < ${position}`,
    // Nor here: SQLite would scan all rows with the same time for those before the position.
    newest(key, time, from, before) {
      const keyed = key ? sql`${sql.ref(key[0])} = ${key[1]} and ` : sql``;
      const at = sql.ref(time);
      const older = sql<boolean>`${keyed}${at} >= ${from} and ${at} < ${before.time}`;
      if (before.position === 0) return [older];
      return [sql`${keyed}${at} = ${before.time} and position < ${before.position}`, older];
    },
    // No limit here: with one, SQLite would sort each part before it merges them.
    part: (query) => sql`select * from (${query}) as part`,
    walk: (database, query) => query.execute(database),
    // A lock of the file belongs to the process, and ends with it.
    endsWhenSilent: sql`null`,
    // SQLite runs one write transaction at a time.
    seesBans: sql<boolean>`1 = 1`,
    skippingLocked: sql``,
    async holdIssuing() {},
    async lockTables() {},
    async placeOf(database, table) {
      const found = sql`select 1 from sqlite_master where type = 'table' and name = ${table}`;
      const isThere = (await found.execute(database)).rows.length > 0;
      return isThere ? { schema: "main", isFirst: true, isReadable: true } : null;
    },
    pool() {
      const uses = drivers.filter(({ isOpen }) => isOpen).map((driver) => driver.uses);
      const sum = (of: (uses: number) => number) => uses.map(of).reduce((a, b) => a + b, 0);
      return {
        used: sum((uses) => Math.min(uses, 1)),
        idle: sum((uses) => Math.max(1 - uses, 0)),
        waiting: sum((uses) => Math.max(uses - 1, 0)),
      };
    },
    damage: () => damage,
    async settle(database) {
      await beside.stop();
      // Moves the log into the file, which libsql would leave to the garbage collector.
      await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(database);
    },
  };
}

function dialectOver(createDriver: () => SqliteDriver): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver,
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/**
 * The SQLite engine for a file that must not change. Damage is for the caller to report.
 *
 * @param openFile opens the file
 */
export function sqliteToLook(file: string, openFile: (file: string) => Promise<Libsql>): Engine {
  const engine = sqlite(
    file,
    () => null,
    () => {},
  );
  const driver = () =>
    new SqliteDriver(
      () => openFile(file),
      () => null,
      NO_CHECKPOINTS,
    );
  return { ...engine, dialect: dialectOver(driver), readDialect: null };
}

async function open(file: string | null): Promise<Libsql> {
  if (file !== null) makePrivate(file);
  const database = await openLibsql(file ?? MEMORY, BUSY_TIMEOUT);
  await writeAhead(database);
  // Acknowledged commits must survive a power cut. WAL's default may lose them.
  await database.exec("PRAGMA synchronous = FULL");
  // From now on, the driver itself waits for locks.
  await database.exec("PRAGMA busy_timeout = 0");
  return database;
}

/** Turns on the write-ahead log. If several processes open a new file at once, SQLite ignores its busy timeout for some. */
async function writeAhead(database: Libsql): Promise<void> {
  const end = performance.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      await database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "SQLITE_BUSY" || performance.now() >= end) throw error;
      await delay(BUSY_PAUSE);
    }
  }
}

/** Opens a connection for reads, beside the one for writes, so that reads and commits do not wait for each other. */
async function openToRead(file: string): Promise<Libsql> {
  const database = await open(file);
  await database.exec("PRAGMA query_only = ON");
  return database;
}

/** Creates the folder and the file for this user alone: they hold who may meet whom, and the local project's secret. */
function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // Never open an existing file here: closing it drops this process's POSIX locks (fcntl). The next process to close the
  // database would then delete the log, with commits that are not yet in the file.
  try {
    closeSync(openSync(file, "ax", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
