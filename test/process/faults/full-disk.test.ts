import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Libsql from "libsql/promise";
import { describe, expect } from "vitest";
import { atOnce } from "../../support/at-once.ts";
import { askForToken, figuresOf, newSession, probe, startClients } from "../../support/faults.ts";
import { LONG, SLACK } from "../../support/long.ts";
import { spawnReplica } from "../../support/process.ts";
import { noDiskBecause, smallDisk } from "../../support/small-disk.ts";
import { migrateUrl, sharedPostgres } from "../../support/stores.ts";

const CLIENTS = LONG ? 8 : 4;
/** How soon after the first token that fails, and after there is space again, `/readyz` tells, in milliseconds. */
const NOTICED_WITHIN = 2000;
const READY_WITHIN = 3000;
/** How long the disk is full, with tokens asked for and then without. */
const BUSY = LONG ? 10_000 : 1000;
const IDLE = LONG ? 10_000 : 2500;

type Disk = ReturnType<typeof smallDisk>;
type Server = ReturnType<typeof spawnReplica>;

/** Asks for `/readyz` every 50 ms until it has this status, and resolves to when it had. */
async function becomes(url: string, status: number): Promise<number> {
  for (;;) {
    const answer = await probe(url);
    if (answer.status === status) return answer.end;
    await sleep(50);
  }
}

/** Fills the disk while tokens are asked for, stops asking, and makes space again. */
async function liveThrough(fault: string, server: Server, disk: Disk, ids: () => Promise<string[]>) {
  const url = await server.url();
  const sessionId = await newSession(url);
  const clients = startClients([url], sessionId);
  clients.add(CLIENTS);
  await clients.recover(0, READY_WITHIN);
  expect(await probe(url)).toMatchObject({ status: 200 });
  disk.fill();
  const unready = await becomes(url, 503);
  await sleep(BUSY);
  const calls = await clients.stop();
  const [first] = calls.filter(({ token }) => token === null);
  expect(calls.filter(({ token }) => token === null).map(({ code }) => code)).toContain("LEDGER_UNAVAILABLE");
  expect(calls.filter(({ token, status }) => token === null && status !== 503)).toEqual([]);
  const noticed = unready - (first?.end ?? 0);
  expect(noticed).toBeLessThan(NOTICED_WITHIN + SLACK);

  // A balancer sends nothing more, and the server must not seem well for that.
  const end = performance.now() + IDLE;
  const statuses = new Set<number>();
  while (performance.now() < end) {
    statuses.add((await probe(url)).status);
    await sleep(100);
  }
  expect([...statuses]).toEqual([503]);
  disk.free();
  const freed = performance.now();
  const ready = (await becomes(url, 200)) - freed;
  expect(ready).toBeLessThan(READY_WITHIN + SLACK);
  const recovered = [];
  for (let i = 0; i < 20; i++) recovered.push(await askForToken(url, sessionId));
  expect(recovered.filter(({ token }) => token === null)).toEqual([]);
  const { missing } = figuresOf(fault, [...calls, ...recovered], freed, await ids());
  expect(missing).toBe(0);
  if (LONG) process.stdout.write(`${JSON.stringify({ fault, noticed, ready })}\n`);
}

describe.skipIf(noDiskBecause !== null)(`a full disk${noDiskBecause ? `: ${noDiskBecause}` : ""}`, () => {
  const test = atOnce("makes /readyz 503 soon after the first token fails, until there is space");

  test("of PostgreSQL's tables", async () => {
    const postgres = await sharedPostgres();
    const disk = smallDisk(16, "postgres");
    await postgres.query(`CREATE TABLESPACE small LOCATION '${disk.folder}'`);
    const url = await postgres.createDatabase("TABLESPACE small");
    await migrateUrl(url);
    const server = spawnReplica(url);
    const name = new URL(url).pathname.slice(1);
    await liveThrough("PostgreSQL's disk is full", server, disk, async () =>
      (await postgres.query("SELECT id FROM issued_tokens", name)).map(({ id }) => id),
    );
    server.kill("SIGTERM");
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await postgres.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await postgres.query("DROP TABLESPACE small");
  });

  test("of SQLite's file", async () => {
    const disk = smallDisk(4);
    const file = join(disk.folder, "test.db");
    const server = spawnReplica(`file:${file}`);
    await liveThrough("SQLite's disk is full", server, disk, async () => {
      const database = new Libsql(file, { timeout: 2000 });
      const rows: { id: string }[] = await (await database.prepare("SELECT id FROM issued_tokens")).all();
      database.close();
      return rows.map(({ id }) => id);
    });
    server.kill("SIGTERM");
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});
