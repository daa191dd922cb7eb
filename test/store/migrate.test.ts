import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import type { Database } from "../../src/store/engine.ts";
import { pendingMigrations } from "../../src/store/migrate.ts";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import { CLI } from "../support/process.ts";
import { type EngineName, migrateUrl, newDatabaseUrl, openStore, sharedPostgres } from "../support/stores.ts";

const names = Object.keys(MIGRATIONS);

/** As `npx stagepass migrate`, and resolves to what it prints. */
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
    const none = "No migrations are pending.\n";
    expect(said.sort()).toEqual([`Migrated: ${names.join(", ")}\n`, none, none, none]);
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
    if (engine !== "PostgreSQL") expect(await pendingMigrations(database)).toEqual([]);
    await database.kysely
      .insertInto("stagepass_migrations")
      .values({ name: "9999-later", timestamp: new Date().toISOString() })
      .execute();
    expect(await migrateUrl(url)).toEqual([]);
    await (await openStore(url)).ping();
  });
});

describe("the table of migrations", () => {
  /** As versions before it left it: their migrations in Kysely's table, beside those of another application. */
  async function former(url: string): Promise<void> {
    const { kysely } = await openForMaintenance(parseDatabaseUrl(url));
    await sql`CREATE TABLE kysely_migration AS SELECT * FROM stagepass_migrations`.execute(kysely);
    await sql`INSERT INTO kysely_migration VALUES ('001_of_another', '2026')`.execute(kysely);
    await sql`DROP TABLE stagepass_migrations`.execute(kysely);
    await kysely.destroy();
  }

  const rowsOf = async (url: string, table: string) => {
    const { kysely } = await openForMaintenance(parseDatabaseUrl(url));
    try {
      const { rows } = await sql<{
        name: string;
      }>`SELECT name FROM ${sql.table(table)} ORDER BY name`.execute(kysely);
      return rows.map(({ name }) => name);
    } finally {
      await kysely.destroy();
    }
  };

  it.each<EngineName>(["SQLite in a file", "PostgreSQL"])(
    "takes over what was made from the former one, which it leaves as it is, on %s",
    async (engine) => {
      const url = await newDatabaseUrl(engine);
      await migrateUrl(url);
      await former(url);
      // Also a server alone finds nothing missing.
      await (await openStore(url)).ping();
      expect(await migrateUrl(url)).toEqual([]);
      expect(await rowsOf(url, "stagepass_migrations")).toEqual(names);
      expect(await rowsOf(url, "kysely_migration")).toEqual(["001_of_another", ...names]);
    },
  );

  /** A database with another application in `public`, and two schemas, at a search path. */
  async function withSchemas(searchPath: string): Promise<{ url: string; at: (path: string) => string }> {
    const url = await newDatabaseUrl("PostgreSQL", { bare: true });
    const { query } = await sharedPostgres();
    await query(
      `CREATE TABLE kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255) NOT NULL);
       INSERT INTO kysely_migration VALUES ('001_of_another', '2026');
       CREATE TABLE sessions (id int); CREATE SCHEMA video; CREATE SCHEMA "Other One"`,
      new URL(url).pathname.slice(1),
    );
    const at = (path: string) => `${url}?options=${encodeURIComponent(`-c search_path=${path}`)}`;
    return { url: at(searchPath), at };
  }

  it.each(["video", "video,public", '"Other\\ One"'])(
    "is in the first schema of the search path %s, whatever another application has in public",
    async (searchPath) => {
      const { url, at } = await withSchemas(searchPath);
      await expect(openStore(url)).rejects.toThrow(/lacks tables/);
      expect(await migrateUrl(url)).toEqual(names);
      const store = await openStore(url);
      await store.ping();
      const { rows } = await sql<{ schema: string }>`
        SELECT DISTINCT schemaname AS schema FROM pg_tables
        WHERE tablename IN ('stagepass_migrations', 'issued_tokens', 'quota_points')`.execute(
        store.database.kysely,
      );
      expect(rows).toEqual([{ schema: searchPath.startsWith("video") ? "video" : "Other One" }]);
      expect(await rowsOf(at("public"), "kysely_migration")).toEqual(["001_of_another"]);
    },
  );

  it("is made where another application in public lets nobody read its own", async () => {
    const { url, at } = await withSchemas("video");
    const { query } = await sharedPostgres();
    const { pathname } = new URL(url);
    await query(
      "CREATE ROLE video LOGIN PASSWORD 'video'; ALTER SCHEMA video OWNER TO video",
      pathname.slice(1),
    );
    const own = at("video,public").replace(/\/\/.+@/, "//video:video@");
    expect(await migrateUrl(own)).toEqual(names);
    expect(await migrateUrl(own)).toEqual([]);
    await (await openStore(own)).ping();
  });

  it("is not made anew before the schema that has it", async () => {
    const { url, at } = await withSchemas("video");
    await migrateUrl(url);
    const hidden = at('"Other\\ One",video');
    const message =
      "the tables of Stagepass are in the schema video, but another schema is first in search_path; put video first, or remove it";
    await expect(migrateUrl(hidden)).rejects.toThrow(message);
    await expect(openStore(hidden)).rejects.toThrow(message);
    await former(url);
    await expect(migrateUrl(hidden)).rejects.toThrow(message);
    // One of its own is found before.
    expect(await migrateUrl(at('"Other\\ One"'))).toEqual(names);
    expect(await migrateUrl(hidden)).toEqual([]);
  });
});

it("a server does not use a PostgreSQL whose tables are not of its version", async () => {
  const url = await newDatabaseUrl("PostgreSQL", { bare: true });
  await expect(openStore(url)).rejects.toThrow(
    /^DATABASE_URL: 127\.0\.0\.1:\d+\/stagepass_\d+ cannot be used .* stagepass migrate$/,
  );
});
