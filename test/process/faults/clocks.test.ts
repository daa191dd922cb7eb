import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { expect } from "vitest";
import { atOnce } from "../../support/at-once.ts";
import { API_KEY, API_SECRET } from "../../support/credentials.ts";
import { askForToken, type Call, figuresOf, graphql, newSession, probe } from "../../support/faults.ts";
import { LONG } from "../../support/long.ts";
import { freePort } from "../../support/postgres.ts";
import { CLI, spawnServer } from "../../support/process.ts";
import { newDatabaseUrl, sharedPostgres } from "../../support/stores.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How many tokens a server issues before and after a fault. */
const TOKENS = LONG ? 1000 : 20;
/** How often a server is started while its clock is ahead. */
const STARTS = LONG ? 5 : 1;

/** A server whose clock is so many milliseconds ahead of this machine's. The clock of SQLite is not: it is the system's. */
function start(databaseUrl: string, ahead: number, env: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const preload = join(folder, "clock.mjs");
  writeFileSync(
    preload,
    `const Right = Date;
globalThis.Date = class extends Right {
  constructor(...args) { args.length === 0 ? super(Right.now() + ${ahead}) : super(...args); }
  static now() { return Right.now() + ${ahead}; }
};\n`,
  );
  const environment = {
    PLATFORM: "local",
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: "info",
    ...env,
  };
  return spawnServer(folder, environment, [process.execPath, "--import", preload, CLI]);
}

type Server = ReturnType<typeof start>;

/** Reads or changes the database beside the servers. */
async function query(url: string, sql: string): Promise<{ id: string; n: number }[]> {
  if (url.startsWith("postgres:")) return (await sharedPostgres()).query(sql, new URL(url).pathname.slice(1));
  const database = new Libsql(url.slice("file:".length), { timeout: 5000 });
  try {
    if (!sql.startsWith("SELECT")) {
      await database.exec(sql);
      return [];
    }
    return (await (await database.prepare(sql)).all()) as { id: string; n: number }[];
  } finally {
    database.close();
  }
}

const idsIn = async (url: string) =>
  (await query(url, "SELECT id FROM issued_tokens ORDER BY position")).map(({ id }) => id);

async function issue(server: Server, sessionId: string, count = TOKENS): Promise<Call[]> {
  const url = await server.url();
  const calls: Call[] = [];
  for (let i = 0; i < count; i++) calls.push(await askForToken(url, sessionId));
  return calls;
}

async function stop(server: Server): Promise<void> {
  server.kill("SIGTERM");
  expect(await server.exited).toEqual({ code: 0, signal: null });
}

/** The lines of a server's log with a message that begins so. */
const linesOf = (server: Server, message: string): Record<string, unknown>[] =>
  server
    .errors()
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg.startsWith(message));

const KEPT = "old records are kept";
const PURGED = "old records were purged";

const test = atOnce("with a clock that is wrong");

for (const engine of ["SQLite in a file", "PostgreSQL"] as const) {
  test(`no record on ${engine} is lost when server and database are 100 days ahead at the start, tokens are issued, and the server is started again`, async () => {
    const url = await newDatabaseUrl(engine);
    const env = { LEDGER_RETENTION_DAYS: "90" };
    const right = start(url, 0, env);
    const sessionId = await newSession(await right.url());
    const calls = await issue(right, sessionId);
    await stop(right);
    // The clock of a database cannot be set here. To have all that it knows 100 days back is the same for it.
    await query(
      url,
      `UPDATE issued_tokens SET issued_at = issued_at - ${100 * DAY}, expires_at = expires_at - ${100 * DAY}`,
    );
    await query(url, `UPDATE server_runs SET seen_at = seen_at - ${100 * DAY}`);
    const end = performance.now();

    for (let i = 0; i < STARTS; i++) {
      const ahead = start(url, 0, env);
      calls.push(...(await issue(ahead, sessionId, 10)));
      // It purges at once when it starts, and tells so or why not.
      await expect.poll(() => linesOf(ahead, KEPT)).toHaveLength(1);
      expect(linesOf(ahead, PURGED)).toEqual([]);
      await stop(ahead);
    }
    const recorded = await idsIn(url);
    expect(figuresOf(`${engine}: 100 days ahead`, calls, end, recorded)).toMatchObject({
      failed: 0,
      missing: 0,
    });
    expect(recorded).toHaveLength(TOKENS + 10 * STARTS);
    // What is old by a right clock, too, goes all the same.
    await query(
      url,
      `UPDATE issued_tokens SET issued_at = issued_at - ${91 * DAY} WHERE id = '${recorded[0]}'`,
    );
    const again = start(url, 0, env);
    await again.url();
    await expect.poll(() => linesOf(again, PURGED)).toMatchObject([{ records: 1 }]);
    expect(await idsIn(url)).toEqual(recorded.slice(1));
  });

  test(`no record on ${engine} is lost when a server alone is 100 days ahead`, async () => {
    const url = await newDatabaseUrl(engine);
    const env = { LEDGER_RETENTION_DAYS: "90" };
    const right = start(url, 0, env);
    const sessionId = await newSession(await right.url());
    const calls = await issue(right, sessionId);
    const end = performance.now();
    for (let i = 0; i < STARTS; i++) {
      const ahead = start(url, 100 * DAY, env);
      calls.push(...(await issue(ahead, sessionId, 10)));
      await stop(ahead);
      expect(linesOf(ahead, PURGED)).toEqual([]);
    }
    const recorded = await idsIn(url);
    expect(figuresOf(`${engine}: a server 100 days ahead`, calls, end, recorded)).toMatchObject({
      failed: 0,
      missing: 0,
    });
    expect(recorded).toHaveLength(calls.length);
  });
}

for (const [what, ahead, seconds] of [
  ["ahead", 5 * MINUTE, 300],
  ["behind", -5 * MINUTE, -300],
] as const)
  test(`a server five minutes ${what} of PostgreSQL warns once, has it as a metric, and serves`, async () => {
    const url = await newDatabaseUrl("PostgreSQL");
    const port = String(await freePort());
    const server = start(url, ahead, { METRICS_PORT: port });
    const right = start(url, 0, { METRICS_PORT: "0" });
    const sessionId = await newSession(await server.url());
    const said = () => linesOf(server, "the clock of this server differs");
    await expect.poll(said).toMatchObject([{ level: 40 }]);
    // As exactly as a busy machine lets it be measured.
    expect(Math.abs(Number(said()[0]?.seconds) - seconds)).toBeLessThan(3);
    const end = performance.now();
    const calls = await issue(server, sessionId);
    calls.push(...(await issue(right, sessionId)));
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const skew = Number(/^stagepass_clock_skew_seconds (\S+)$/m.exec(metrics)?.[1]);
    expect(Math.abs(skew - seconds)).toBeLessThan(3);
    expect((await probe(await server.url())).status).toBe(200);
    const { data } = await graphql(
      await server.url(),
      `{ session(sessionId: "${sessionId}") { sessionId } }`,
    );
    expect(data.session.sessionId).toBe(sessionId);
    expect(linesOf(right, "the clock of this server differs")).toEqual([]);
    expect(said()).toHaveLength(1);
    const figures = figuresOf(`a server five minutes ${what}`, calls, end, await idsIn(url));
    expect(figures).toMatchObject({ failed: 0, missing: 0 });
  });
