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

/** Options for opening a database. */
export interface DatabaseOptions {
  /** The most connections to PostgreSQL. */
  readonly poolSize?: number;
  /** Receives the text of every query, without values. */
  readonly onQuery?: (sql: string) => void;
  /** Receives the reason when an idle connection is lost. */
  readonly onLost?: (reason: string) => void;
  /** Receives the reason, once, when the SQLite file turns out to be damaged. */
  readonly onDamage?: (reason: string) => void;
  /** Whether to check an SQLite file of up to 100 MB for damage first, which takes up to 0.2 seconds. */
  readonly lookThrough?: boolean;
  /** Receives a warning if other users can read or replace the SQLite file. */
  readonly onExposed?: (text: string) => void;
  /** Whether a missing SQLite file is refused and not created. */
  readonly mustExist?: boolean;
}

/**
 * Opens a database that has the tables of this version. An SQLite file is created if necessary, and migrated, because no other
 * server uses it. Each use takes at most two seconds.
 *
 * @throws {StartupError} if the database cannot be used
 */
export async function openDatabase(
  address: DatabaseAddress,
  options: DatabaseOptions = {},
): Promise<Database> {
  if (options.mustExist) checkThere(address);
  return open(address, PATIENCE, options, async (database) => {
    if (address.engine === "postgres" && address.target === "any")
      throw new Error("target_session_attrs=any works only for commands that read; remove it");
    if (address.engine === "sqlite") {
      if (options.lookThrough && address.file !== null && !database.isNew) await lookThrough(address.file);
      await migrate(database);
      if (options.onExposed && address.file !== null) exposuresOf(address.file).forEach(options.onExposed);
    } else if ((await pendingMigrations(database)).length > 0)
      throw new Error("it lacks tables of this version; run stagepass migrate");
  });
}

/**
 * Refuses a missing SQLite file, which SQLite would create.
 *
 * @throws {StartupError}
 */
export function checkThere(address: DatabaseAddress): void {
  if (isMissing(address))
    throw new StartupError([
      `DATABASE_URL: the database ${describeAddress(address)} does not exist; run this command where the server runs, or set DATABASE_URL to the server's database`,
    ]);
  checkUsable(address);
}

/** @throws {StartupError} if the path of SQLite is not a file */
function checkUsable(address: DatabaseAddress): void {
  if (address.engine !== "sqlite" || address.file === null) return;
  try {
    checkFile(address.file);
  } catch (error) {
    throw unusable(address, error);
  }
}

/** False if this user cannot look into the folder. */
function isMissing(address: DatabaseAddress): boolean {
  if (address.engine !== "sqlite" || address.file === null) return false;
  try {
    return statSync(address.file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/**
 * Opens a database as it is, for a command without a time limit.
 *
 * @throws {StartupError} if the database cannot be used
 */
export function openForMaintenance(address: DatabaseAddress): Promise<Database> {
  return open(address, null, {}, async () => {});
}

/** A database that was migrated to this version. */
export interface MigratedDatabase extends Database {
  /** The names of the migrations that were applied. */
  readonly made: readonly string[];
}

/**
 * As `openForMaintenance`, but migrates the tables to this version first.
 *
 * @throws {StartupError} also if the user may not change the tables
 */
export async function openMigrated(address: DatabaseAddress): Promise<MigratedDatabase> {
  let made: string[] = [];
  const database = await open(address, null, {}, async (opened) => {
    made = await migrate(opened);
  });
  return { ...database, made };
}

/**
 * Opens a database for reading. An SQLite file does not change.
 *
 * @param patience the limit for one use, in milliseconds; null for no limit. With a limit, a look is short and leaves no file
 *   next to SQLite's.
 * @throws {StartupError} if PostgreSQL cannot be reached
 */
export async function openToLook(
  address: DatabaseAddress,
  patience: number | null = null,
): Promise<Database> {
  if (address.engine === "postgres") {
    const look = (target: "read-write" | "any") => open({ ...address, target }, patience, {}, async () => {});
    // If no host accepts writes, a standby will do.
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
  // Migrations have no time limit.
  let sqlitePatience: number | null = null;
  checkUsable(address);
  const isNew = isMissing(address);
  try {
    const engine =
      address.engine === "sqlite"
        ? sqlite(address.file, () => sqlitePatience, onDamage)
        : // Loaded only when used, because loading it delays the start.
          await (await import("./postgres.ts")).postgres({ address, poolSize, patience, onLost });
    kysely = over(engine.dialect);
    const reads = engine.readDialect ? over(engine.readDialect) : kysely;
    const database = { kysely, reads, engine, isNew };
    await prepare(database);
    sqlitePatience = patience;
    return database;
  } catch (error) {
    // Report what stopped the start, not an error of the cleanup.
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
