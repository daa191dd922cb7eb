import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { problemsOfOpenServer } from "../../src/assembly/open-server.ts";
import { lookAtDatabase } from "../../src/doctor/database.ts";
import type { Store } from "../../src/store/store.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { PROJECT } from "../support/credentials.ts";
import { foundBy, now } from "../support/doctor.ts";
import { freePort, startStandby } from "../support/postgres.ts";

import { newDatabaseUrl, openStore, ownPostgres, sharedPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const OPEN =
  "- callers: no authentication: every process on this machine may do everything until the first API key is created";
const find = (url: string, env: Record<string, string> = {}, clock = now) =>
  foundBy(lookAtDatabase, { ...PROJECT, DATABASE_URL: url, ...env }, clock);

async function addKey({ apiKeys }: Store, name: string, expiresAt: Date | null = null) {
  const { id, digest } = newApiKey();
  await apiKeys.add({ id, name, digest, claims: {}, createdAt: new Date(), revokedAt: null, expiresAt });
}

describe("an SQLite database", () => {
  it("that is not there is made at the first start, and not now", async () => {
    const folder = temporaryFolder();
    expect(await find(`file:${folder}/a/b/test.db`)).toEqual([
      `ok DATABASE_URL: the first start creates ${folder}/a/b/test.db`,
      OPEN,
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("cannot be made where a file is in the way", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a"), "");
    expect((await find(`file:${folder}/a/test.db`))[0]).toBe(
      `FAIL DATABASE_URL: ${folder}/a/test.db cannot be created: ${folder}/a is not a folder`,
    );
  });

  it("in memory is told to be lost", async () => {
    expect((await find(":memory:"))[0]).toBe(
      "- DATABASE_URL: in memory: sessions, records and API keys are lost when the server stops",
    );
  });

  it("is looked at while a server has it, and after, and nothing is left beside it", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "test.db");
    const store = await openStore(`file:${file}`);
    const found = [
      expect.stringMatching(
        /^ok DATABASE_URL: SQLite 3\.\S+: \S+\/test\.db, \d+\.\d MB, can be read and written$/,
      ),
      "ok DATABASE_URL: its tables match this version",
      OPEN,
    ];
    expect(await find(`file:${file}`)).toEqual(found);
    await store.close();
    // As another machine got it.
    const copy = join(folder, "copy");
    mkdirSync(copy);
    copyFileSync(file, join(copy, "test.db"));
    const before = readFileSync(join(copy, "test.db"));
    expect(await find(`file:${copy}/test.db`)).toEqual(found);
    expect(readdirSync(copy)).toEqual(["test.db"]);
    expect(readFileSync(join(copy, "test.db")).equals(before)).toBe(true);
  });

  it("that is none, or a folder, is told to be", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "test.db");
    writeFileSync(file, "This is no database, as it has none of the bytes that one begins with.".repeat(20));
    expect(await find(`file:${file}`)).toEqual([
      "FAIL DATABASE_URL: cannot be read: file is not a database; run stagepass check to find damage",
      "- callers: API keys are unknown: they could not be read",
    ]);
    expect((await find(`file:${folder}`))[0]).toMatch(/^FAIL DATABASE_URL: it is a folder; /);
  });

  it("that others may read is told to be exposed", async () => {
    const store = await openStore(await newDatabaseUrl("SQLite in a file"));
    const file = await fileOf(store);
    chmodSync(file, 0o644);
    expect(await find(`file:${file}`)).toContain(
      `- DATABASE_URL: other users can read ${file}, which says who may meet whom; run: chmod 600 ${file}`,
    );
  });

  it("lacks migrations, or has some of a later version", async () => {
    const store = await openStore(await newDatabaseUrl("SQLite in a file"));
    const url = `file:${await fileOf(store)}`;
    const { kysely } = store.database;
    await kysely
      .insertInto("stagepass_migrations")
      .values({ name: "2031-01-01-later", timestamp: "" })
      .execute();
    expect(await find(url)).toContain(
      "- DATABASE_URL: migrations by a later version: 1, the last 2031-01-01-later; use that version",
    );
    await kysely.deleteFrom("stagepass_migrations").where("name", "like", "2026-11-28%").execute();
    expect(await find(url)).toEqual(
      expect.arrayContaining([
        "- DATABASE_URL: pending migrations: 4; the next start runs them",
        "- callers: API keys are unknown: they could not be read",
      ]),
    );
  });
});

async function fileOf({ database }: Awaited<ReturnType<typeof openStore>>): Promise<string> {
  const { sql } = await import("kysely");
  const { rows } = await sql<{ file: string }>`select file from pragma_database_list`.execute(
    database.kysely,
  );
  return rows[0]?.file ?? "";
}

describe("a PostgreSQL database", () => {
  it("can be read and written, which leaves nothing", async () => {
    const url = await newDatabaseUrl("PostgreSQL");
    const found = await find(url);
    expect(found).toEqual([
      expect.stringMatching(
        /^ok DATABASE_URL: PostgreSQL 18\S* at 127\.0\.0\.1:\d+\/\w+, UTF8: can be read and written$/,
      ),
      "ok DATABASE_URL: the connection is unencrypted, but stays on this machine",
      "ok DATABASE_URL: its tables match this version",
      "ok clock: matches the database's clock",
      OPEN,
    ]);
    const { query } = await sharedPostgres();
    expect(await query("select * from server_runs", new URL(url).pathname.slice(1))).toEqual([]);
  });

  it("without tables needs stagepass migrate", async () => {
    const found = await find(await newDatabaseUrl("PostgreSQL", { bare: true }));
    expect(found[0]).toMatch(/^ok DATABASE_URL: .*: can be read$/);
    expect(found[2]).toMatch(/^FAIL DATABASE_URL: pending migrations: \d+; run stagepass migrate$/);
    expect(found.at(-1)).toBe("- callers: API keys are unknown: they could not be read");
  });

  it("whose user lacks privileges says which", async () => {
    const url = new URL(await newDatabaseUrl("PostgreSQL"));
    const { query } = await sharedPostgres();
    const [database, user] = [url.pathname.slice(1), `reader_${Date.now()}`];
    await query(`create user ${user} password 'p'`);
    onTestFinished(async () => {
      await query(`drop owned by ${user}`, database);
      await query(`drop user ${user}`);
    });
    await query(`grant select on all tables in schema public to ${user}`, database);
    await query(
      `grant all on issued_tokens, sessions, session_names, quota_points, server_runs, participants,
        participant_streams, participant_changes, bans, removals to ${user}`,
      database,
    );
    Object.assign(url, { username: user, password: "p" });
    expect((await find(url.href))[0]).toMatch(
      /^FAIL DATABASE_URL: .*: its user lacks privileges: insert on api_keys, update on api_keys, delete on api_keys$/,
    );
  });

  it("that takes no writes is told to", async () => {
    const url = `${await newDatabaseUrl("PostgreSQL")}?options=-c%20default_transaction_read_only%3Don`;
    expect((await find(url))[0]).toMatch(
      /: is read-only: it is a standby, or default_transaction_read_only is on$/,
    );
  });

  it("is told to be a standby", async () => {
    const postgres = await ownPostgres();
    const standby = await startStandby(postgres);
    onTestFinished(() => standby.stop());
    const url = standby.urlOf(new URL(postgres.url).pathname.slice(1));
    expect((await find(url))[0]).toMatch(/: is read-only: it is a standby, /);
  });

  it("gives out fewer connections than the pool may have", async () => {
    const found = await find(await newDatabaseUrl("PostgreSQL"), { DATABASE_POOL_SIZE: "301" });
    expect(found).toContain("FAIL DATABASE_POOL_SIZE: 301 is more than PostgreSQL's max_connections, 300");
    expect(found[0]).toMatch(/^ok/);
  });

  it("has another clock", async () => {
    const ahead = () => new Date(Date.now() + 60_000);
    expect(await find(await newDatabaseUrl("PostgreSQL"), {}, ahead)).toContainEqual(
      expect.stringMatching(
        /^FAIL clock: this machine's clock is (59\.9|60|60\.1) seconds ahead of the database's: synchronize both with NTP$/,
      ),
    );
  });

  it("may not be there, which says nothing of its password", async () => {
    const url = `postgres://stagepass:canary-password@127.0.0.1:${await freePort()}/stagepass`;
    const found = await find(url);
    expect(found).toEqual([
      expect.stringMatching(/^FAIL DATABASE_URL: .* cannot be used as the database: .*ECONNREFUSED/),
      "- callers: API keys are unknown: they could not be read",
    ]);
    expect(found.join()).not.toContain("canary");
  });
});

describe("callers", () => {
  const all = { HOST: "0.0.0.0", NODE_ENV: "production" };

  it("need authentication where others than this machine may ask, and in production", async () => {
    const found = await find(`file:${temporaryFolder()}/test.db`, all);
    const problems = problemsOfOpenServer({ host: "0.0.0.0", production: true } as never);
    expect(found.slice(1)).toEqual(problems.map((problem) => `FAIL ${problem}`));
    expect(problems).toHaveLength(2);
  });

  it("may have JWTs before the first API key", async () => {
    const found = await find(`file:${temporaryFolder()}/test.db`, { ...all, AUTH_JWT_SECRET: JWT_SECRET });
    expect(found[1]).toBe("ok callers: JWTs are accepted; API keys: 0 active, 0 expired, 0 revoked");
  });

  it("have API keys that work, or none that does", async () => {
    const store = await openStore(await newDatabaseUrl("SQLite in a file"));
    const url = `file:${await fileOf(store)}`;
    await addKey(store, "old", new Date(Date.now() - 1000));
    await addKey(store, "lost");
    await store.apiKeys.revoke("lost", new Date());
    expect((await find(url, all)).at(-1)).toBe(
      "FAIL callers: no caller can authenticate; API keys: 0 active, 1 expired, 1 revoked: run stagepass keys create",
    );
    await addKey(store, "web");
    expect((await find(url, all)).at(-1)).toBe(
      "ok callers: JWTs are not accepted; API keys: 1 active, 1 expired, 1 revoked",
    );
  });
});
