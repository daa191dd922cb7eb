import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openDatabase, openForMaintenance } from "../../src/store/database.ts";
import { type DatabaseAddress, parseDatabaseUrl } from "../../src/store/database-address.ts";
import type { Database } from "../../src/store/engine.ts";
import { migrate } from "../../src/store/migrate.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import type { Store } from "../../src/store/store.ts";
import { askForShared, MIGRATED, postgresAt, startPostgres } from "./postgres.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The engines on which a store behaves the same, each with a way to create an empty database. */
export const ENGINES = ["SQLite in memory", "SQLite in a file", "PostgreSQL"] as const;
export type EngineName = (typeof ENGINES)[number];

/** The PostgreSQL shared by all test files. No test may stop it. */
export async function sharedPostgres() {
  return postgresAt(Number(await askForShared("postgres")));
}

/** A PostgreSQL for one test, which may break it, and the URL of a migrated database. */
export async function ownPostgres(flags: readonly string[] = []) {
  const postgres = await startPostgres(flags);
  onTestFinished(postgres.stop);
  const url = await postgres.createDatabase();
  await migrateUrl(url);
  return { ...postgres, url };
}

/** The URL of an empty database. On PostgreSQL it is migrated, unless `bare`. */
export async function newDatabaseUrl(
  engine: EngineName,
  { bare = false, whenOver = onTestFinished } = {},
): Promise<string> {
  if (engine === "SQLite in memory") return ":memory:";
  if (engine === "SQLite in a file") return `file:${join(temporaryFolder(whenOver), "test.db")}`;
  const { createDatabase } = await sharedPostgres();
  return createDatabase(bare ? "" : `TEMPLATE ${MIGRATED}`);
}

/** Like `npx stagepass migrate`. Resolves to the names of the applied migrations. */
export async function migrateUrl(url: string): Promise<string[]> {
  const database = await openForMaintenance(parseDatabaseUrl(url));
  try {
    return await migrate(database);
  } finally {
    await database.kysely.destroy();
  }
}

/** A store that is closed after the test, with its database. Concurrent tests pass their own `whenOver`. */
export async function openStore(
  address: DatabaseAddress | string,
  whenOver = onTestFinished,
): Promise<Store & { database: Database }> {
  const database = await openDatabase(typeof address === "string" ? parseDatabaseUrl(address) : address);
  const store = sqlStore(database);
  let open = true;
  const close = async () => {
    if (open) await store.close();
    open = false;
  };
  whenOver(close);
  return { ...store, close, database };
}

/** An empty store on an engine, like `openStore`. */
export const newStore = async (engine: EngineName) => openStore(await newDatabaseUrl(engine));

/** Two servers on one database where the engine allows it. */
export async function twoStores(engine: EngineName) {
  const url = await newDatabaseUrl(engine);
  const one = await openStore(url);
  return [one, engine === "PostgreSQL" ? await openStore(url) : one] as const;
}
