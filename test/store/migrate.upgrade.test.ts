import { readFileSync } from "node:fs";
import Libsql from "libsql";
import { describe, expect, it } from "vitest";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { dump } from "../../src/store/dump.ts";
import type { Tables } from "../../src/store/tables.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { serverForTest } from "../support/server.ts";
import { type EngineName, migrateUrl, newDatabaseUrl, sharedPostgres } from "../support/stores.ts";

/** The commit whose servers made the fixtures: two sessions, three names, three tokens for each, two API keys. */
const COMMIT = "2de673f";

const NAMES = ["standup", "team-a", "O'Brien's room"];
const FILLED = ["sessions", "session_names", "issued_tokens", "api_keys", "kysely_migration"] as const;

/** A database as a server of that commit left it, and a key that it made. */
async function leftOn(engine: EngineName): Promise<{ url: string; key: string }> {
  const name = engine === "PostgreSQL" ? "postgres" : "sqlite";
  const text = readFileSync(new URL(`fixtures/${COMMIT}-${name}.sql`, import.meta.url), "utf8");
  const url = await newDatabaseUrl(engine, { bare: true });
  if (engine === "PostgreSQL") {
    await (await sharedPostgres()).query(text, new URL(url).pathname.slice(1));
  } else {
    const file = new Libsql(url.slice("file:".length), { timeout: 2000 });
    file.exec(text);
    file.close();
  }
  return { url, key: /stagepass_\S+/.exec(text)?.[0] ?? "" };
}

async function inDatabase<T>(
  url: string,
  act: (database: Awaited<ReturnType<typeof openForMaintenance>>) => Promise<T>,
): Promise<T> {
  const database = await openForMaintenance(parseDatabaseUrl(url));
  try {
    return await act(database);
  } finally {
    await database.kysely.destroy();
  }
}

type Rows = Record<string, unknown>[];

/** The rows of a table, with these columns or all that it has. */
const rowsOf = (url: string, table: keyof Tables, columns?: readonly string[]) =>
  inDatabase(url, async ({ kysely }): Promise<Rows> => {
    const rows: Rows = await kysely.selectFrom(table).selectAll().execute();
    const kept = rows.map((row) => Object.fromEntries((columns ?? Object.keys(row)).map((c) => [c, row[c]])));
    return kept.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  });

describe.each(["SQLite in a file", "PostgreSQL"] as const)(
  "a database of an earlier version on %s",
  (engine) => {
    it("has everything that it had, and goes on being used", async () => {
      const { url, key } = await leftOn(engine);
      const before = await Promise.all(FILLED.map((table) => rowsOf(url, table)));
      expect(before.map((rows) => rows.length)).toEqual([5, 3, 15, 2, 5]);
      if (engine === "PostgreSQL") expect(await migrateUrl(url)).toHaveLength(await newMigrations(url));
      const server = await serverForTest({ DATABASE_URL: url, AUTH_JWT_SECRET: JWT_SECRET });

      for (const [i, table] of FILLED.entries()) {
        const rows = before[i] ?? [];
        expect(await rowsOf(url, table, Object.keys(rows[0] ?? {}))).toEqual(rows);
      }
      const [sessions = [], names = []] = before as [Rows, Rows];
      const listed = await server.graphql(
        "{ sessions(first: 10) { totalCount nodes { sessionId name archiveName issuedTokens(first: 5) { totalCount } } } }",
        {},
        signedJwt(EVERYTHING),
      );
      expect(listed.errors).toEqual([]);
      expect(listed.data.sessions.totalCount).toBe(5);
      const ids = (rows: Rows) => rows.map((row) => row.session_id ?? row.sessionId).sort();
      expect(ids(listed.data.sessions.nodes)).toEqual(ids(sessions));
      for (const { issuedTokens } of listed.data.sessions.nodes) expect(issuedTokens.totalCount).toBe(3);
      expect(listed.data.sessions.nodes.map((node: { archiveName: string }) => node.archiveName)).toContain(
        "Board — März",
      );

      for (const name of NAMES) {
        const { data } = await server.graphql(
          `mutation ($name: String!) { ensureSession(name: $name) { sessionId } }`,
          { name },
          key,
        );
        expect(data.ensureSession.sessionId).toBe(names.find((row) => row.name === name)?.session_id);
      }
      const { data } = await server.graphql(
        'mutation { ensureSession(name: "new") { sessionId generateToken { token } } }',
        {},
        key,
      );
      expect(data.ensureSession.generateToken.token).toBeTruthy();
      const revoked = (before[3] ?? []).find(({ revoked_at }) => revoked_at !== null);
      const { status } = await server.graphql("{ videoCaller { id } }", {}, `stagepass_${revoked?.id}_no`);
      expect(status).toBe(401);

      const summary = await inDatabase(url, ({ kysely }) =>
        dump(
          kysely,
          new Date(),
          async () => {},
          () => {},
        ),
      );
      expect(Object.entries(summary).map(([table, { rows }]) => [table, rows])).toEqual([
        ["sessions", 6],
        ["session_names", 4],
        ["api_keys", 2],
        ["issued_tokens", 16],
        ["bans", 0],
      ]);
    });
  },
);

/** How many migrations came after the commits. */
async function newMigrations(url: string): Promise<number> {
  const [kept, former] = await Promise.all(
    (["stagepass_migrations", "kysely_migration"] as const).map((table) => rowsOf(url, table)),
  );
  return (kept?.length ?? 0) - (former?.length ?? 0);
}
