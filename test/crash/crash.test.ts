import { randomInt } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { expect, onTestFinished } from "vitest";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import type { Tables } from "../../src/store/tables.ts";
import { atOnce } from "../support/at-once.ts";
import { rememberingClients } from "../support/load.ts";
import { LONG } from "../support/long.ts";
import { spawnReplica } from "../support/process.ts";
import { newDatabaseUrl } from "../support/stores.ts";

/** How often the server is killed on each engine, at least. */
const KILLS = LONG ? 50 : 2;
/** How many tokens clients have to have received, so that 50 kills on each of two engines go with 20,000. */
const TOKENS = KILLS * 200;
/** How long the load lasts before a kill, in milliseconds. */
const [SHORTEST_LOAD, LONGEST_LOAD] = [150, 600];
/** For the start of PostgreSQL and the end of leases, and for each kill, in milliseconds. */
const TIMEOUT = 60_000 + KILLS * 20_000;

type Clients = ReturnType<typeof rememberingClients>;

/** Starts a server on what the one before left behind, kills it while clients ask, and resolves to how many got no answer. */
async function killUnderLoad(databaseUrl: string, clients: Clients): Promise<number> {
  const server = spawnReplica(databaseUrl, { LOG_LEVEL: "warn" });
  const load = await clients.start(await server.url());
  const before = clients.tokens.size;
  // Clients run until they are stopped, unless one of them finds an error.
  await Promise.race([load.running, load.begun]);
  await Promise.race([load.running, setTimeout(randomInt(SHORTEST_LOAD, LONGEST_LOAD))]);
  load.stop();
  server.kill("SIGKILL");
  expect(await server.exited).toEqual({ code: null, signal: "SIGKILL" });
  await load.running;
  expect(clients.tokens.size).toBeGreaterThan(before);
  return load.cutOff();
}

/** Every name gets its session from a server that nobody kills, also where a dead one was about to create it. */
async function ensureAllNames(databaseUrl: string, clients: Clients): Promise<void> {
  const server = spawnReplica(databaseUrl, { LOG_LEVEL: "warn" });
  await clients.ensureAll(await server.url());
  server.kill("SIGTERM");
  expect(await server.exited).toEqual({ code: 0, signal: null });
}

async function open(databaseUrl: string): Promise<Kysely<Tables>> {
  const { kysely } = await openForMaintenance(parseDatabaseUrl(databaseUrl));
  onTestFinished(() => kysely.destroy());
  return kysely;
}

async function expectTokensOnLedger(database: Kysely<Tables>, { tokens }: Clients): Promise<void> {
  const records = await database.selectFrom("issued_tokens").select(["id", "session_id"]).execute();
  const recorded = new Map(records.map(({ id, session_id }) => [id, session_id]));
  expect([...tokens].filter(([id, sessionId]) => recorded.get(id) !== sessionId)).toEqual([]);
  // There may be others, which a kill kept from their clients, but none twice.
  expect(records).toHaveLength(recorded.size);
}

async function expectOneSessionOfEachName(database: Kysely<Tables>, clients: Clients): Promise<void> {
  const twice = await database
    .selectFrom("sessions")
    .select(["application_id", "name"])
    .groupBy(["application_id", "name"])
    .having(({ fn }) => fn.countAll(), ">", 1)
    .execute();
  expect(twice).toEqual([]);
  const rows = await database.selectFrom("sessions").select(["name", "session_id"]).execute();
  expect(new Map(rows.map(({ name, session_id }) => [name, session_id]))).toEqual(clients.sessions);
  const names = await database.selectFrom("session_names").select(["name", "session_id"]).execute();
  expect(new Map(names.map(({ name, session_id }) => [name, session_id]))).toEqual(clients.sessions);
}

const test = atOnce(`a server that is killed under load, ${KILLS} times`, TIMEOUT);

for (const engine of ["SQLite in a file", "PostgreSQL"] as const)
  test(`loses no token and doubles no name on ${engine}`, async () => {
    const databaseUrl = await newDatabaseUrl(engine);
    const clients = rememberingClients();
    let kills = 0;
    let unanswered = 0;
    // One kill may come just when the last group of requests is answered.
    let cutOff = 0;
    while (kills < KILLS || clients.tokens.size < TOKENS) {
      const known = clients.names.length;
      cutOff += await killUnderLoad(databaseUrl, clients);
      kills += 1;
      unanswered += clients.names.slice(known).filter((name) => !clients.sessions.has(name)).length;
    }
    const received = clients.tokens.size;
    expect(kills).toBeGreaterThanOrEqual(KILLS);
    expect(cutOff).toBeGreaterThan(KILLS);
    expect(received).toBeGreaterThanOrEqual(TOKENS);
    await ensureAllNames(databaseUrl, clients);

    const database = await open(databaseUrl);
    await expectTokensOnLedger(database, clients);
    await expectOneSessionOfEachName(database, clients);
    if (engine === "SQLite in a file") {
      const { rows } = await sql`PRAGMA integrity_check`.execute(database);
      expect(rows).toEqual([{ integrity_check: "ok" }]);
    }
    process.stderr.write(
      `${engine}: ${kills} kills, ${received} tokens received, ${clients.names.length} names, ${unanswered} of them new ones that a kill left unanswered\n`,
    );
  });
