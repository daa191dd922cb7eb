import type { Kysely } from "kysely";
import type { Database, Engine } from "./engine.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { MigrationTable, Tables } from "./tables.ts";

/** The table of applied migrations. */
const TABLE = "stagepass_migrations";

/**
 * The table of versions before 2026-11-28. Other applications that use Kysely have a table of this name, too. It is read once
 * and never written, so the previous version still finds its migrations there and runs beside this one.
 */
const FORMER_TABLE = "kysely_migration";

/** The migrations that the database records. */
interface Taken {
  /** Whether this version's table exists. */
  readonly isKept: boolean;
  readonly rows: readonly MigrationTable[];
}

/**
 * Migrates the tables to this version, in one transaction, and resolves to the names of the migrations that it applied.
 * Processes that migrate at the same time wait for each other. A database of a later version is left as it is.
 *
 * Kysely's migrator does not fit: its lock belongs to a connection, which a pooler shares, and not to a transaction.
 *
 * @throws {Error} if the tables are in another schema than the one for new tables
 */
export async function migrate(database: Database): Promise<string[]> {
  const { kysely, engine } = database;
  const before = await takenMigrations(kysely, engine);
  if (before.isKept && pendingOf(before).length === 0) return [];
  return kysely.transaction().execute(async (transaction) => {
    await engine.lockTables(transaction);
    const taken = await takenMigrations(transaction, engine);
    if (!taken.isKept) await keep(transaction, taken);
    const pending = pendingOf(taken);
    for (const name of pending) {
      await MIGRATIONS[name]?.up(transaction.schema, engine);
      await transaction.insertInto(TABLE).values({ name, timestamp: new Date().toISOString() }).execute();
    }
    return pending;
  });
}

/**
 * The names of the migrations that the database lacks, in order.
 *
 * @throws {Error} if the tables are in another schema than the one for new tables
 */
export async function pendingMigrations({ kysely, engine }: Database): Promise<string[]> {
  return pendingOf(await takenMigrations(kysely, engine));
}

/** The names of the migrations that a later version applied. */
export async function laterMigrations({ kysely, engine }: Database): Promise<string[]> {
  const { rows } = await takenMigrations(kysely, engine);
  return rows.map(({ name }) => name).filter((name) => !Object.hasOwn(MIGRATIONS, name));
}

function pendingOf({ rows }: Taken): string[] {
  const taken = new Set(rows.map(({ name }) => name));
  return Object.keys(MIGRATIONS).filter((name) => !taken.has(name));
}

async function takenMigrations(kysely: Kysely<Tables>, engine: Engine): Promise<Taken> {
  let elsewhere: string | null = null;
  for (const table of [TABLE, FORMER_TABLE] as const) {
    const place = await engine.placeOf(kysely, table);
    const isKept = table === TABLE;
    // A table that the user may not read belongs to another application.
    if (place === null || !(isKept || place.isReadable)) continue;
    const all = kysely.selectFrom(table).select(["name", "timestamp"]);
    // In the former table, reads only the migrations of Stagepass.
    const rows = await (isKept ? all : all.where("name", "in", Object.keys(MIGRATIONS))).execute();
    if (place.isFirst && (isKept || rows.length > 0)) return { isKept, rows };
    if (rows.length > 0) elsewhere ??= place.schema;
  }
  // New tables would hide the ones with the sessions and records.
  if (elsewhere !== null)
    throw new Error(
      `the tables of Stagepass are in the schema ${elsewhere}, but another schema is first in search_path; put ${elsewhere} first, or remove it`,
    );
  return { isKept: false, rows: [] };
}

async function keep(transaction: Kysely<Tables>, { rows }: Taken): Promise<void> {
  await transaction.schema
    .createTable(TABLE)
    .addColumn("name", "varchar(255)", (column) => column.notNull().primaryKey())
    .addColumn("timestamp", "varchar(255)", (column) => column.notNull())
    .execute();
  if (rows.length > 0)
    await transaction
      .insertInto(TABLE)
      .values([...rows])
      .execute();
}
