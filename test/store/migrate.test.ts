import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import type { Database } from "../../src/store/engine.ts";
import { pendingMigrations } from "../../src/store/migrate.ts";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import { CLI } from "../support/process.ts";
import {
  type EngineName,
  migrateUrl,
  newDatabaseUrl,
  openStore,
  stopSharedPostgres,
} from "../support/stores.ts";

afterAll(stopSharedPostgres);

const names = Object.keys(MIGRATIONS);

/** As `npm run migrate`, and resolves to what it prints. */
async function migrateInProcess(url: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, "migrate"], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
  });
  return stdout;
}

/** The columns there are, and whether one must be given. */
async function columnsOf({ kysely }: Database): Promise<Map<string, boolean>> {
  const tables = await kysely.introspection.getTables();
  return new Map(
    tables.flatMap((table) =>
      table.columns.map(({ name, isNullable, hasDefaultValue, isAutoIncrementing }) => [
        `${table.name}.${name}`,
        !isNullable && !hasDefaultValue && !isAutoIncrementing,
      ]),
    ),
  );
}

describe.each<EngineName>(["SQLite in a file", "PostgreSQL"])("the migrations on %s", (engine) => {
  it("are in the order of their names, and each is made once", async () => {
    expect(names).toEqual([...names].sort());
    const url = await newDatabaseUrl(engine, { bare: true });
    expect(await migrateUrl(url)).toEqual(names);
    expect(await migrateUrl(url)).toEqual([]);
  });

  it("can be asked for by many at once", async () => {
    const url = await newDatabaseUrl(engine, { bare: true });
    const said = await Promise.all(Array.from({ length: 4 }, () => migrateInProcess(url)));
    const none = "The tables are of this version.\n";
    expect(said.sort()).toEqual([`Made: ${names.join(", ")}\n`, none, none, none]);
  });

  it("only add, and nothing to a table there was that one who does not know of it would have to give", async () => {
    const database = await openForMaintenance(parseDatabaseUrl(await newDatabaseUrl(engine, { bare: true })));
    let before = new Map<string, boolean>();
    for (const { up } of Object.values(MIGRATIONS)) {
      await up(database.kysely.schema, database.engine);
      const after = await columnsOf(database);
      const tables = new Set([...before.keys()].map((path) => path.split(".")[0]));
      for (const [path, required] of before) expect([path, after.get(path)]).toEqual([path, required]);
      const added = [...after].filter(([path]) => !before.has(path) && tables.has(path.split(".")[0]));
      expect(added.filter(([, required]) => required)).toEqual([]);
      before = after;
    }
    await database.kysely.destroy();
  });

  it("leave a database of a later version as it is, which this version then uses", async () => {
    const url = await newDatabaseUrl(engine);
    const { database } = await openStore(url);
    if (engine !== "PostgreSQL") expect(await pendingMigrations(database.kysely)).toEqual([]);
    await database.kysely
      .insertInto("kysely_migration")
      .values({ name: "9999-later", timestamp: new Date().toISOString() })
      .execute();
    expect(await migrateUrl(url)).toEqual([]);
    await (await openStore(url)).ping();
  });
});

it("a server does not use a PostgreSQL whose tables are not of its version", async () => {
  const url = await newDatabaseUrl("PostgreSQL", { bare: true });
  await expect(openStore(url)).rejects.toThrow(
    /^DATABASE_URL: 127\.0\.0\.1:\d+\/stagepass_\d+ cannot be used .* npm run migrate$/,
  );
});
