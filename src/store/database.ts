import { statSync } from "node:fs";
import { type Dialect, Kysely, type LogEvent } from "kysely";
import { StartupError } from "../errors.ts";
import { type DatabaseAddress, describeAddress } from "./database-address.ts";
import { PATIENCE } from "./deadline.ts";
import type { Database } from "./engine.ts";
import { migrate, pendingMigrations } from "./migrate.ts";
import { explained } from "./postgres-advice.ts";
import { sqlite, sqliteToLook } from "./sqlite.ts";
import { explainedOf } from "./sqlite-advice.ts";
import { checkFile, exposuresOf, lookThrough, openForAMoment, openUntouched } from "./sqlite-file.ts";
import type { Tables } from "./tables.ts";

/** How a database is used. */
export interface DatabaseOptions {
  /** The most connections to PostgreSQL. */
  readonly poolSize?: number;
  /** Is told the text of every query, which holds no values. */
  readonly onQuery?: (sql: string) => void;
  /** Is told why a connection that nobody used was lost. */
  readonly onLost?: (reason: string) => void;
  /** Is told once, and why, when the file of SQLite proves to be damaged. */
  readonly onDamage?: (reason: string) => void;
  /** Whether an SQLite file of up to 100 MB is looked through for damage first, which takes 0.2 seconds then. */
  readonly lookThrough?: boolean;
  /** Receives a warning where other users can read or replace an SQLite file. */
  readonly onExposed?: (text: string) => void;
  /** Whether an SQLite file that is not there is refused, and not made. */
  readonly mustExist?: boolean;
}

/**
 * Opens a database that has the tables of this version. The embedded one is created when there is none, and migrated:
 * it has no other servers. No use of it takes longer than two seconds.
 *
 * @throws {StartupError} when it cannot be used
 */
export async function openDatabase(
  address: DatabaseAddress,
  options: DatabaseOptions = {},
): Promise<Database> {
  if (options.mustExist) checkThere(address);
  return open(address, PATIENCE, options, async (database) => {
    if (address.engine === "postgres" && address.target === "any")
      throw new Error("target_session_attrs=any is for commands that only read; leave it out");
    if (address.engine === "sqlite") {
      if (options.lookThrough && address.file !== null && !database.isNew) await lookThrough(address.file);
      await migrate(database);
      if (options.onExposed && address.file !== null) exposuresOf(address.file).forEach(options.onExposed);
    } else if ((await pendingMigrations(database)).length > 0)
      throw new Error("it lacks tables of this version; run stagepass migrate");
  });
}

/**
 * Refuses an SQLite file that is not there, which SQLite would make.
 *
 * @throws {StartupError}
 */
export function checkThere(address: DatabaseAddress): void {
  if (isMissing(address))
    throw new StartupError([
      `DATABASE_URL: there is no database ${describeAddress(address)}; run this where the server runs, or name the server's database`,
    ]);
  checkUsable(address);
}

/** @throws {StartupError} when the path of SQLite is of no file */
function checkUsable(address: DatabaseAddress): void {
  if (address.engine !== "sqlite" || address.file === null) return;
  try {
    checkFile(address.file);
  } catch (error) {
    throw unusable(address, error);
  }
}

/** False where this user cannot look. */
function isMissing(address: DatabaseAddress): boolean {
  if (address.engine !== "sqlite" || address.file === null) return false;
  try {
    return statSync(address.file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/**
 * Opens a database as it is, for a command that takes as long as it takes.
 *
 * @throws {StartupError} when it cannot be used
 */
export function openForMaintenance(address: DatabaseAddress): Promise<Database> {
  return open(address, null, {}, async () => {});
}

/** A database that was brought to this version. */
export interface MigratedDatabase extends Database {
  /** The names of the migrations that it took. */
  readonly made: readonly string[];
}

/**
 * As `openForMaintenance`, and brings the tables to this version first.
 *
 * @throws {StartupError} also when its user may not
 */
export async function openMigrated(address: DatabaseAddress): Promise<MigratedDatabase> {
  let made: string[] = [];
  const database = await open(address, null, {}, async (opened) => {
    made = await migrate(opened);
  });
  return { ...database, made };
}

/**
 * Opens a database to look at it. Nothing of an SQLite file changes.
 *
 * @param patience how long a use may take, in milliseconds, for a look of a moment, which leaves no file beside SQLite's; null for as
 *   long as it takes
 * @throws {StartupError} when PostgreSQL cannot be reached
 */
export async function openToLook(
  address: DatabaseAddress,
  patience: number | null = null,
): Promise<Database> {
  if (address.engine === "postgres") {
    const look = (target: "read-write" | "any") => open({ ...address, target }, patience, {}, async () => {});
    // A standby can be looked at, too, where no host takes writes.
    return address.hosts.length === 1 ? look("any") : look("read-write").catch(() => look("any"));
  }
  if (address.file === null) return openForMaintenance(address);
  const engine = sqliteToLook(address.file, patience === null ? openUntouched : openForAMoment);
  const kysely = new Kysely<Tables>({ dialect: engine.dialect });
  return { kysely, reads: kysely, engine, isNew: false };
}

async function open(
  address: DatabaseAddress,
  patience: number | null,
  { poolSize = 2, onQuery, onLost = () => {}, onDamage = () => {} }: DatabaseOptions,
  prepare: (database: Database) => Promise<void>,
): Promise<Database> {
  let kysely: Kysely<Tables> | undefined;
  const log = onQuery && ((event: LogEvent) => onQuery(event.query.sql));
  const over = (dialect: Dialect) => new Kysely<Tables>({ dialect, ...(log && { log }) });
  // Its migrations take as long as they take.
  let sqlitePatience: number | null = null;
  checkUsable(address);
  const isNew = isMissing(address);
  try {
    const engine =
      address.engine === "sqlite"
        ? sqlite(address.file, () => sqlitePatience, onDamage)
        : // Loaded only where it is used: it makes the start longer.
          await (await import("./postgres.ts")).postgres({ address, poolSize, patience, onLost });
    kysely = over(engine.dialect);
    const reads = engine.readDialect ? over(engine.readDialect) : kysely;
    const database = { kysely, reads, engine, isNew };
    await prepare(database);
    sqlitePatience = patience;
    return database;
  } catch (error) {
    // What stopped the start is what matters, not what then fails in clearing up.
    await kysely?.destroy().catch(() => {});
    if (error instanceof StartupError) throw error;
    throw unusable(address, error);
  }
}

function unusable(address: DatabaseAddress, error: unknown): StartupError {
  const reason = address.engine === "postgres" ? explained(error) : explainedOf(error);
  return new StartupError([
    `DATABASE_URL: ${describeAddress(address)} cannot be used as the database: ${reason}`,
  ]);
}
