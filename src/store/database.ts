import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { Kysely, type LogEvent, Migrator, SqliteDialect } from "kysely";
import Libsql from "libsql";
import { StartupError } from "../errors.ts";
import { migrations } from "./migrations/index.ts";
import type { Tables } from "./tables.ts";

/**
 * Opens the embedded database, creates it when there is none, and migrates it to this version.
 *
 * @param file the database's path, or null to keep it in memory only
 * @param onQuery is told the text of every query, which holds no values
 * @throws {StartupError} when the file cannot be used
 */
export async function openDatabase(
  file: string | null,
  onQuery: (sql: string) => void,
): Promise<Kysely<Tables>> {
  const log = (event: LogEvent) => onQuery(event.query.sql);
  let database: Kysely<Tables> | undefined;
  try {
    const connection = open(file);
    database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection }), log });
    await migrate(database, connection);
    return database;
  } catch (error) {
    await database?.destroy();
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError([`DATABASE_URL: ${file ?? "memory"} cannot be used as the database: ${reason}`]);
  }
}

function open(file: string | null): Libsql.Database {
  if (file !== null) makePrivate(file);
  const connection = new Libsql(file ?? ":memory:", { timeout: 2000 });
  connection.exec("PRAGMA journal_mode = WAL");
  // FULL, because what was acknowledged must outlive a power cut, and WAL's default need not.
  connection.exec("PRAGMA synchronous = FULL");
  return connection;
}

/** Who may meet whom is nobody else's business, and the folder also holds the local project's secret. */
function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, "a", 0o600));
}

/** In one transaction of our own: on SQLite Kysely takes none, and two servers may start on one file at once. */
async function migrate(database: Kysely<Tables>, connection: Libsql.Database): Promise<void> {
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
  connection.exec("BEGIN IMMEDIATE");
  const { error } = await migrator.migrateToLatest();
  connection.exec(error ? "ROLLBACK" : "COMMIT");
  if (error) throw error;
}
