import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { expect, onTestFinished } from "vitest";
import { atOnce } from "../../support/at-once.ts";
import { type Call, figuresOf, newSession, probe, startClients } from "../../support/faults.ts";
import { LONG, SLACK } from "../../support/long.ts";
import { type Postgres, startPostgres, startStandby } from "../../support/postgres.ts";
import { spawnReplica } from "../../support/process.ts";
import { migrateUrl, ownPostgres } from "../../support/stores.ts";

const CLIENTS = LONG ? 8 : 4;
/** How soon after a promotion everything is well again, in milliseconds. */
const RECOVERY_LIMIT = 3000 + SLACK;
const SYNCHRONOUS = "synchronous_standby_names = 'standby'";
const NO_REPLICATION = "synchronous_standby_names = ''";

/** A primary with a database that has the tables, its standby, and the URL with both hosts, the primary first. */
async function startPair(synchronous: boolean) {
  const primary = await startPostgres();
  onTestFinished(() => primary.stop());
  const url = await primary.createDatabase();
  await migrateUrl(url);
  const standby = await startStandby(primary);
  onTestFinished(() => standby.stop());
  await expect
    .poll(() => primary.query("SELECT state FROM pg_stat_replication"))
    .toEqual([{ state: "streaming" }]);
  if (synchronous) await reconfigure(primary, SYNCHRONOUS);
  // Promoted, it has no standby of its own.
  await reconfigure(standby, NO_REPLICATION);
  const { host, pathname } = new URL(url);
  const database = pathname.slice(1);
  return {
    primary,
    standby,
    database,
    url: url.replace(host, `${host},127.0.0.1:${standby.port}`),
    async promote() {
      await standby.query("SELECT pg_promote(wait => false)");
      await expect
        .poll(async () => (await standby.query("SELECT pg_is_in_recovery() AS is"))[0].is, { interval: 20 })
        .toBe(false);
      return performance.now();
    },
    recorded: async (cluster: Postgres) =>
      (await cluster.query("SELECT id FROM issued_tokens", database)).map(({ id }) => id),
  };
}

async function reconfigure(postgres: Postgres, line: string): Promise<void> {
  postgres.configure(line);
  await postgres.query("SELECT pg_reload_conf()");
}

/** Loads a server, which issues tokens. */
async function load(url: string) {
  const clients = startClients([url], await newSession(url));
  clients.add(CLIENTS);
  await clients.recover(0, RECOVERY_LIMIT);
  return clients;
}

/** Expects `/readyz` to say that the server is ready soon after an instant. */
async function expectReady(url: string, since: number): Promise<void> {
  await expect.poll(async () => (await probe(url)).status, { timeout: 10_000 }).toBe(200);
  expect(performance.now() - since).toBeLessThan(RECOVERY_LIMIT);
}

function expectOnlyRefusals(calls: readonly Call[]): void {
  const codes = calls.filter(({ token }) => token === null).map(({ code }) => code);
  expect(new Set(codes)).toEqual(new Set(["LEDGER_UNAVAILABLE"]));
}

const test = atOnce("PostgreSQL's failover");

for (const { fault, synchronous, comesBack } of [
  { fault: "is killed", synchronous: true, comesBack: "read-only" },
  ...(LONG
    ? [
        { fault: "is killed", synchronous: false, comesBack: "read-only" },
        { fault: "hangs", synchronous: true, comesBack: "as it was" },
      ]
    : []),
])
  test(`replicas follow by themselves when the primary ${fault} and comes back ${comesBack} (synchronous: ${synchronous})`, async () => {
    const pair = await startPair(synchronous);
    const [loaded, quiet] = await Promise.all([spawnReplica(pair.url).url(), spawnReplica(pair.url).url()]);
    const clients = await load(loaded);
    // The quiet one has connections in its pool, too.
    await Promise.all([1, 2, 3].map(() => probe(quiet)));

    if (fault === "hangs") pair.primary.pause();
    else {
      // The standby is half a second behind, as over a busy network.
      const [sender] = await pair.primary.query("SELECT pid FROM pg_stat_replication");
      process.kill(sender.pid, "SIGSTOP");
      await sleep(500);
      await pair.primary.kill();
    }
    await sleep(LONG ? 5000 : 1000);
    const promoted = await pair.promote();
    await expectReady(quiet, promoted);
    await clients.recover(promoted, 2 * RECOVERY_LIMIT);
    const before = clients.calls.length;

    if (fault === "hangs") pair.primary.resume();
    else {
      pair.primary.configure("default_transaction_read_only = on");
      await pair.primary.start();
    }
    await sleep(1000);
    const sessionId = await newSession(await spawnReplica(pair.url).url()).catch(() => null);
    const calls = await clients.stop();

    const name = `The primary ${fault}, ${synchronous ? "synchronous" : "asynchronous"} replication`;
    const figures = figuresOf(name, calls, promoted, await pair.recorded(pair.standby));
    expectOnlyRefusals(calls);
    expect(figures.recovery).toBeLessThan(RECOVERY_LIMIT);
    expect(calls.slice(before).filter(({ token }) => token === null)).toEqual([]);
    expect(calls.length - before).toBeGreaterThan(CLIENTS);
    if (synchronous) expect(figures.missing).toBe(0);
    // What asynchronous replication loses, and why docs/database.md has it otherwise.
    else expect(figures.missing).toBeGreaterThan(0);
    // A new replica finds the new primary, at the latest when an old one that is not fenced has no standby to commit with.
    const kept = await pair.standby.query("SELECT session_id FROM sessions", pair.database);
    expect(kept).toContainEqual({ session_id: sessionId });
  });

for (const { fault, begin, end } of [
  {
    fault: "a role that may only read",
    begin: "ALTER ROLE stagepass SET default_transaction_read_only = on",
    end: "ALTER ROLE stagepass RESET default_transaction_read_only",
  },
  ...(LONG
    ? [
        {
          fault: "a configuration in which sessions only read",
          begin: "ALTER SYSTEM SET default_transaction_read_only = on",
          end: "ALTER SYSTEM RESET default_transaction_read_only",
        },
      ]
    : []),
])
  test(`a replica under load recovers after ${fault}`, async () => {
    const postgres = await ownPostgres();
    const databaseUrl = postgres.url;
    const database = new URL(databaseUrl).pathname.slice(1);
    // The query's own session is read-only, too.
    const change = async (sql: string) => {
      const client = new pg.Client({
        connectionString: postgres.urlOf("postgres"),
        options: "-c default_transaction_read_only=off",
      });
      await client.connect();
      await client.query(sql);
      await client.query("SELECT pg_reload_conf()");
      await client.end();
    };
    onTestFinished(() => change(end));
    const url = await spawnReplica(databaseUrl).url();
    // Several connections, of which the ledger then uses one, and the others wait in the pool.
    await Promise.all([1, 2, 3, 4].map(() => newSession(url)));
    const clients = await load(url);
    await change(begin);
    if (begin.includes("ROLE")) {
      await postgres.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
      );
    }
    await sleep(LONG ? 3000 : 1500);
    await change(end);
    const ended = performance.now();
    await clients.recover(ended, 2 * RECOVERY_LIMIT);
    const calls = await clients.stop();
    const recorded = (await postgres.query("SELECT id FROM issued_tokens", database)).map(({ id }) => id);
    const figures = figuresOf(`PostgreSQL has ${fault}`, calls, ended, recorded);
    expectOnlyRefusals(calls);
    expect(figures.recovery).toBeLessThan(RECOVERY_LIMIT);
    expect(figures.missing).toBe(0);
    expect(calls.filter((call) => call.begin > ended && call.token !== null).length).toBeGreaterThan(CLIENTS);
  });

test("a server does not start on a standby, and without a synchronous one delivers no token, not even one whose wait is cancelled", async () => {
  const { primary, standby, database, url: databaseUrl, recorded } = await startPair(true);
  const url = await spawnReplica(databaseUrl).url();
  const sessionId = await newSession(url);
  const onStandby = spawnReplica(standby.urlOf(database));
  expect(await onStandby.exited).toEqual({ code: 1, signal: null });
  expect(onStandby.errors()).toContain(
    `DATABASE_URL: 127.0.0.1:${standby.port}/${database} cannot be used as the database: it is read-only (a standby, or default_transaction_read_only is on)`,
  );

  const clients = startClients([url], sessionId);
  clients.add(CLIENTS);
  await clients.recover(0, RECOVERY_LIMIT);
  standby.pause();
  await sleep(500);
  const paused = performance.now();
  await sleep(LONG ? 20_000 : 2500);
  const waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  // The commits that the server gave up are not left waiting, or they would soon have all connections.
  const waiters = async () => (await primary.query(`SELECT pid ${waiting}`)).length;
  await expect.poll(waiters).toBeGreaterThan(0);
  expect(await waiters()).toBeLessThanOrEqual(2);
  // Each is committed and reported as done, with a warning.
  const cancel = setInterval(() => primary.query(`SELECT pg_cancel_backend(pid) ${waiting}`), 100);
  await sleep(1000);
  clearInterval(cancel);
  standby.resume();
  const resumed = performance.now();
  await clients.recover(resumed, 2 * RECOVERY_LIMIT);
  const calls = await clients.stop();
  const figures = figuresOf("The synchronous standby hangs", calls, resumed, await recorded(standby));
  const during = calls.filter((call) => call.begin > paused && call.end < resumed);
  expect(during.length).toBeGreaterThan(CLIENTS);
  expect(during.filter(({ token }) => token !== null)).toEqual([]);
  expect(Math.max(...during.map((call) => call.end - call.begin))).toBeLessThan(3000 + SLACK);
  expectOnlyRefusals(calls);
  expect(figures.missing).toBe(0);
  expect(figures.recovery).toBeLessThan(RECOVERY_LIMIT);
});
