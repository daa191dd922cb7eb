import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Dialect, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from "kysely";
import { checkpoints, NO_CHECKPOINTS } from "./checkpoints.ts";
import type { Engine } from "./engine.ts";
import { openLibsql } from "./libsql.ts";
import { type Libsql, SqliteDriver } from "./sqlite-driver.ts";
import { MEMORY } from "./sqlite-url.ts";

/** How long to wait for a lock of another process while the file is opened, in milliseconds. */
const BUSY_TIMEOUT = 2000;

/** How long to pause where SQLite does not wait itself, in milliseconds. */
const BUSY_PAUSE = 20;

/**
 * SQLite, embedded.
 *
 * @param file the database's path, or null to keep it in memory only
 * @param patience tells how long one use may take, in milliseconds; null sets no limit
 * @param onDamage is told once when the file proves to be damaged
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
    // In memory each connection has a database of its own.
    readDialect:
      file === null
        ? null
        : over(() => new SqliteDriver(() => openToRead(file), patience, NO_CHECKPOINTS, damaged)),
    parameter: (place) => `?${place}`,
    clock: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
    text: sql`text`,
    unlogged: sql``,
    // Without AUTOINCREMENT the number of a row that is gone would be given out again.
    position: [sql`integer`, (column) => column.primaryKey().autoIncrement()],
    // Not a comparison of rows: SQLite would begin at the newest of the value.
    before: (column, value, position) => sql`${sql.ref(column)} = ${value} and position < ${position}`,
    // Nor here: SQLite would look through all of a time for those before the position.
    newest(key, time, from, before) {
      const keyed = key ? sql`${sql.ref(key[0])} = ${key[1]} and ` : sql``;
      const at = sql.ref(time);
      const older = sql<boolean>`${keyed}${at} >= ${from} and ${at} < ${before.time}`;
      if (before.position === 0) return [older];
      return [sql`${keyed}${at} = ${before.time} and position < ${before.position}`, older];
    },
    // Without the limit, with which SQLite would sort each part before it merges them.
    part: (query) => sql`select * from (${query}) as part`,
    walk: (database, query) => query.execute(database),
    // A transaction that writes is the only one.
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
      // So that the database is whole in its file; libsql leaves this to the garbage collector.
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
 * SQLite's file as it is: nothing of it changes. Damage is for whoever looks.
 *
 * @param openFile how it is opened
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
  // FULL, because what was acknowledged must outlive a power cut, and WAL's default need not.
  await database.exec("PRAGMA synchronous = FULL");
  // From here on the driver waits for locks.
  await database.exec("PRAGMA busy_timeout = 0");
  return database;
}

/** Chooses the write-ahead log. Of several who open a new file at once SQLite refuses some without the wait that it was told. */
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

/** Beside the connection that writes, which makes the file: what reads waits for no commit, and no commit for it. */
async function openToRead(file: string): Promise<Libsql> {
  const database = await open(file);
  await database.exec("PRAGMA query_only = ON");
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
