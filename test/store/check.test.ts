import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { findingsIn } from "../../src/store/check.ts";
import { openToLook } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { type EngineName, newDatabaseUrl, openStore } from "../support/stores.ts";

async function findings(url: string) {
  const address = parseDatabaseUrl(url);
  const database = await openToLook(address);
  try {
    return await findingsIn(database, address);
  } finally {
    await database.kysely.destroy();
  }
}

describe.each<EngineName>(["SQLite in a file", "PostgreSQL"])("a check of %s", (engine) => {
  const own = engine === "PostgreSQL" ? { writes: [] } : { file: [] };

  it("finds nothing in a new database, beside a server that uses it", async () => {
    const url = await newDatabaseUrl(engine);
    const { ping } = await openStore(url);
    await ping();
    expect(await findings(url)).toEqual({ ...own, migrations: [], tables: [], names: [] });
  });

  it("finds what is missing", async () => {
    const url = await newDatabaseUrl(engine);
    const { database, close } = await openStore(url);
    const run = (text: string) => sql.raw(text).execute(database.kysely);
    await run(
      "INSERT INTO session_names (application_id, name, session_id, since) VALUES ('1', 'a', '1_gone', 0)",
    );
    await run("DELETE FROM stagepass_migrations WHERE name = '2026-11-24f-quotas'");
    await run("DROP TABLE quota_points");
    await run("DROP TABLE server_runs");
    await close();
    expect(await findings(url)).toEqual({
      ...own,
      migrations: ["2026-11-24f-quotas is not applied; run stagepass migrate"],
      tables: ["quota_points is missing", "server_runs is missing"],
      names: ["names whose session is missing: 1"],
    });
  });
});

it.each([1, 2])("a check of PostgreSQL finds that it takes no writes, with %i hosts", async (hosts) => {
  const one = await newDatabaseUrl("PostgreSQL");
  const url = hosts === 1 ? one : one.replace(/@([^/]+)/, "@$1,$1");
  const readOnly = `${url}?options=${encodeURIComponent("-c default_transaction_read_only=on")}`;
  expect((await findings(readOnly)).writes).toEqual([
    "the database refuses writes: it is a standby, or default_transaction_read_only is on",
  ]);
});
