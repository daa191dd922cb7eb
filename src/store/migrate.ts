import type { Kysely } from "kysely";
import type { Database, Engine } from "./engine.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { MigrationTable, Tables } from "./tables.ts";

/** The migrations that were made. */
const TABLE = "stagepass_migrations";

/**
 * Where versions before 2026-11-28 keep them. Other applications of Kysely have a table of this name, too. It is read once, and never
 * written: the version before finds its own migrations there, and works beside this one.
 */
const FORMER_TABLE = "kysely_migration";

/** What the database says of its migrations. */
interface Taken {
  /** Whether this version's table is there. */
  readonly isKept: boolean;
  readonly rows: readonly MigrationTable[];
}

/**
 * Brings the tables to this version, in one transaction, and resolves to the names of the migrations that it took. Others
 * that do so at the same time wait for each other. A database of a later version is left as it is.
 *
 * Not with Kysely's migrator: its lock belongs to a connection, which a pooler gives to others, and not to a transaction.
 *
 * @throws {Error} when the tables are in another schema than the one where new tables would be
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
 * The names of the migrations that the database lacks, in their order.
 *
 * @throws {Error} when the tables are in another schema than the one where new tables would be
 */
export async function pendingMigrations({ kysely, engine }: Database): Promise<string[]> {
  return pendingOf(await takenMigrations(kysely, engine));
}

/** The names of the migrations that a later version has made. */
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
    // One that may not be read is another application's.
    if (place === null || !(isKept || place.isReadable)) continue;
    const all = kysely.selectFrom(table).select(["name", "timestamp"]);
    // Of the other, only what is ours.
    const rows = await (isKept ? all : all.where("name", "in", Object.keys(MIGRATIONS))).execute();
    if (place.isFirst && (isKept || rows.length > 0)) return { isKept, rows };
    if (rows.length > 0) elsewhere ??= place.schema;
  }
  // New tables would hide those that have the sessions and records.
  if (elsewhere !== null)
    throw new Error(
      `the search_path finds tables of Stagepass in the schema ${elsewhere}, but begins with another: put ${elsewhere} first, or leave it out`,
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
