import type { Kysely } from "kysely";
import type { Database } from "./engine.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Tables } from "./tables.ts";

/** Where Kysely's own migrator keeps the names, which made the first databases. */
const TABLE = "kysely_migration";

/**
 * Brings the tables to this version, in one transaction, and resolves to the names of the migrations that it took. Others
 * that do so at the same time wait for each other. A database of a later version is left as it is.
 *
 * Not with Kysely's migrator: its lock belongs to a connection, which a pooler gives to others, and not to a transaction.
 */
export async function migrate(database: Database): Promise<string[]> {
  const { kysely, engine } = database;
  if ((await pendingMigrations(kysely)).length === 0) return [];
  return kysely.transaction().execute(async (transaction) => {
    await engine.lockTables(transaction);
    await transaction.schema
      .createTable(TABLE)
      .ifNotExists()
      .addColumn("name", "varchar(255)", (column) => column.notNull().primaryKey())
      .addColumn("timestamp", "varchar(255)", (column) => column.notNull())
      .execute();
    const pending = await pendingMigrations(transaction);
    for (const name of pending) {
      await MIGRATIONS[name]?.up(transaction.schema, engine);
      await transaction.insertInto(TABLE).values({ name, timestamp: new Date().toISOString() }).execute();
    }
    return pending;
  });
}

/** The names of the migrations that the database lacks, in their order. */
export async function pendingMigrations(kysely: Kysely<Tables>): Promise<string[]> {
  const tables = await kysely.introspection.getTables({ withInternalKyselyTables: true });
  const made = tables.some(({ name }) => name === TABLE)
    ? await kysely.selectFrom(TABLE).select("name").execute()
    : [];
  const taken = new Set(made.map(({ name }) => name));
  return Object.keys(MIGRATIONS).filter((name) => !taken.has(name));
}
