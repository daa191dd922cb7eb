import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import {
  answer,
  type Behaviour,
  hang,
  honest,
  resetAtOnce,
  startFaultServer,
} from "../support/fault-server.ts";
import { DATABASE_PASSWORD, startPostgres } from "../support/postgres.ts";
import { CLI, spawnServer } from "../support/process.ts";
import { newDatabaseUrl, sharedPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/**
 * The deadline of a call to a platform that fails, in milliseconds, and how much longer a name is leased. A platform
 * that does not fail has the default, because so many requests at once can keep a busy machine from reading its answer.
 */
const TIMEOUT = 500;
const LEASE = TIMEOUT + 5000;

/** What the database and this busy machine may add to a time, in milliseconds. */
const NOISE = 3000;

/** How long an answer may take: for the lease of one who died, for that of one who took over, and for the own attempt. */
const ANSWER_LIMIT = 2 * LEASE + TIMEOUT + NOISE;

const NAMES = Array.from({ length: 50 }, (_, index) => `room ${index}`);
const CALLS_PER_NAME = 200;
/** How many names are asked for at once: 200 sockets each. */
const NAMES_AT_ONCE = 5;

const ENSURE = `mutation ($name: String!, $maxAge: Int, $mediaMode: MediaMode, $archiveMode: ArchiveMode, $archiveName: String,
  $archiveResolution: ArchiveResolution, $location: String, $e2ee: Boolean) {
  ensureSession(name: $name, maxAge: $maxAge, mediaMode: $mediaMode, archiveMode: $archiveMode, archiveName: $archiveName,
    archiveResolution: $archiveResolution, location: $location, e2ee: $e2ee) { sessionId }
}`;

/** The arguments of `ensureSession`. */
interface Asked {
  readonly name: string;
  readonly [option: string]: unknown;
}

interface Answer {
  readonly url: string;
  readonly asked: Asked;
  /** Null when there is an error. */
  readonly sessionId: string | null;
  readonly extensions: Record<string, unknown> | null;
  /** In milliseconds. */
  readonly took: number;
}

const isHonest = () => honest("opentok", API_KEY, API_SECRET);

const environment = (platformUrl: string, databaseUrl: string) => ({
  PLATFORM: "opentok",
  OPENTOK_API_URL: platformUrl,
  OPENTOK_API_KEY: API_KEY,
  OPENTOK_API_SECRET: API_SECRET,
  DATABASE_URL: databaseUrl,
  // Thousands ask at once here, and all are one caller.
  MAX_REQUESTS_PER_CALLER: "100000",
  MAX_MEGABYTES_PER_CALLER: "1024",
  MAX_CONNECTIONS_PER_CALLER: "100000",
  LOG_LEVEL: "info",
});

/** Two servers with one database and one platform. */
async function startReplicas(failing?: Behaviour) {
  const fault = await startFaultServer(failing ?? isHonest());
  onTestFinished(() => fault.close());
  const databaseUrl = await newDatabaseUrl("PostgreSQL");
  const env = {
    ...environment(fault.url, databaseUrl),
    ...(failing && { PLATFORM_TIMEOUT_MS: String(TIMEOUT) }),
  };
  const servers = [spawnServer(temporaryFolder(), env), spawnServer(temporaryFolder(), env)] as const;
  const urls = await Promise.all([servers[0].url(), servers[1].url()]);
  const postgres = await sharedPostgres();
  const query = (sql: string) => postgres.query(sql, new URL(databaseUrl).pathname.slice(1));
  return { fault, servers, urls, query };
}

type Replicas = Awaited<ReturnType<typeof startReplicas>>;

async function ensure(url: string, asked: Asked): Promise<Answer> {
  const begin = performance.now();
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: ENSURE, variables: asked }),
    signal: AbortSignal.timeout(2 * ANSWER_LIMIT),
  });
  const { data, errors } = await response.json();
  return {
    url,
    asked,
    sessionId: data?.ensureSession.sessionId ?? null,
    extensions: errors?.[0].extensions ?? null,
    took: performance.now() - begin,
  };
}

/** Asks `count` times at once, every other time the other server. */
function ensureOften(urls: readonly string[], asked: Asked, count: number): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => ensure(urls[index % urls.length] ?? "", asked)),
  );
}

/** Asks for every name as often as it is to be, some of the names at once. */
async function ensureAll(urls: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let first = 0; first < NAMES.length; first += NAMES_AT_ONCE) {
    const names = NAMES.slice(first, first + NAMES_AT_ONCE);
    const some = await Promise.all(names.map((name) => ensureOften(urls, { name }, CALLS_PER_NAME)));
    answers.push(...some.flat());
  }
  return answers;
}

/** Asks once more whoever got an error, until there is none. */
async function ensureAgain(answers: readonly Answer[]): Promise<Answer[]> {
  const settled = answers.filter(({ sessionId }) => sessionId !== null);
  let failed = answers.filter(({ sessionId }) => sessionId === null);
  // The servers leave a platform that kept failing alone for a while.
  const end = performance.now() + 30_000;
  while (failed.length > 0 && performance.now() < end) {
    const again = await Promise.all(failed.map(({ url, asked }) => ensure(url, asked)));
    settled.push(...again.filter(({ sessionId }) => sessionId !== null));
    failed = again.filter(({ sessionId }) => sessionId === null);
    if (failed.length > 0) await sleep(500);
  }
  expect(failed).toEqual([]);
  return settled;
}

/** The one session that all answers agree on for each name. */
function sessionsByName(answers: readonly Answer[]): Map<string, string> {
  const sessions = new Map<string, Set<string>>();
  for (const { asked, sessionId } of answers) {
    if (sessionId === null) continue;
    const ids = sessions.get(asked.name) ?? new Set();
    sessions.set(asked.name, ids.add(sessionId));
  }
  expect([...sessions].filter(([, ids]) => ids.size !== 1)).toEqual([]);
  return new Map([...sessions].map(([name, ids]) => [name, [...ids].join()]));
}

/** Finds that the database has one session for each of the names, which is the one that was answered with. */
async function checkDatabase(query: Replicas["query"], answered: Map<string, string>): Promise<void> {
  const named = await query("SELECT name, session_id FROM session_names");
  expect(new Map(named.map(({ name, session_id }) => [name, session_id]))).toEqual(answered);
  const registered = await query("SELECT name, session_id FROM sessions");
  expect(registered).toHaveLength(answered.size);
  expect(new Map(registered.map(({ name, session_id }) => [name, session_id]))).toEqual(answered);
}

/** Numbers from 0 to 1 that look random and are the same every time (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fails in one of three ways, or else is honest. */
function failAtRandom(seed: number): Behaviour {
  const next = numbersFrom(seed);
  const well = isHonest();
  const failures = [answer(500, "text/plain", ""), resetAtOnce, hang];
  return (response, request) => {
    const behaviour = failures[Math.floor(next() * 7)] ?? well;
    behaviour(response, request);
  };
}

/** Makes the session of a name older, in seconds. */
async function age(query: Replicas["query"], name: string, seconds: number): Promise<void> {
  await query(`UPDATE session_names SET since = since - ${seconds * 1000} WHERE name = '${name}'`);
}

describe("two servers with one database", () => {
  it("create one session for each of 50 names that 200 ask for at once", { timeout: 120_000 }, async () => {
    const { fault, urls, query } = await startReplicas();
    const answers = await ensureAll(urls);
    expect(answers.filter(({ sessionId }) => sessionId === null)).toEqual([]);
    expect(fault.received).toHaveLength(NAMES.length);
    const sessions = sessionsByName(answers);
    expect(new Set(sessions.values()).size).toBe(NAMES.length);
    await checkDatabase(query, sessions);
  });

  it("let no name hang, and give none two sessions, while the platform fails at random", {
    timeout: 180_000,
  }, async () => {
    const { fault, urls, query } = await startReplicas(failAtRandom(20_261_124));
    const answers = await ensureAll(urls);
    expect(Math.max(...answers.map(({ took }) => took))).toBeLessThan(ANSWER_LIMIT);
    const codes = new Set(answers.flatMap(({ extensions }) => (extensions ? [extensions.code] : [])));
    expect([...codes]).toEqual(["PLATFORM_UNAVAILABLE"]);
    fault.behave(isHonest());
    const sessions = sessionsByName(await ensureAgain(answers));
    expect(sessions.size).toBe(NAMES.length);
    expect(new Set(sessions.values()).size).toBe(NAMES.length);
    await checkDatabase(query, sessions);
  });

  it("keep nothing of names whose sessions could not be created", async () => {
    const { fault, urls, query } = await startReplicas(answer(503, "text/plain", ""));
    const names = NAMES.slice(0, 10);
    const answers = await Promise.all(names.map((name) => ensureOften(urls, { name }, 10)));
    const codes = new Set(answers.flat().map(({ extensions }) => extensions?.code));
    expect([...codes]).toEqual(["PLATFORM_UNAVAILABLE"]);
    expect(await query("SELECT * FROM session_names")).toEqual([]);
    fault.behave(isHonest());
    const settled = await ensureAgain(answers.flat());
    await checkDatabase(query, sessionsByName(settled));
  });

  it("clear the name that one who died was about to create a session for, when another name is leased", async () => {
    const { fault, servers, urls, query } = await startReplicas(hang);
    const abandoned = ensure(urls[0], { name: "abandoned" }).catch(() => "broken off");
    await expect.poll(() => fault.received.length).toBe(1);
    servers[0].kill("SIGKILL");
    expect(await abandoned).toBe("broken off");
    fault.behave(isHonest());
    const names = async () =>
      (await query("SELECT name FROM session_names ORDER BY name")).map(({ name }) => name);
    await ensure(urls[1], { name: "before" });
    expect(await names()).toEqual(["abandoned", "before"]);
    await query("UPDATE session_names SET leased_until = leased_until - 60000 WHERE name = 'abandoned'");
    await ensure(urls[1], { name: "later" });
    expect(await names()).toEqual(["before", "later"]);
  });

  it("take over a name, when its lease ends, from one that was killed while it created the session", async () => {
    const { fault, servers, urls, query } = await startReplicas(hang);
    const name = "abandoned";
    const abandoned = ensure(urls[0], { name }).catch(() => "broken off");
    await expect.poll(() => fault.received.length).toBe(1);
    servers[0].kill("SIGKILL");
    expect(await abandoned).toBe("broken off");
    const [leased] = await query("SELECT lease_id, session_id FROM session_names");
    expect(leased).toEqual({ lease_id: expect.any(String), session_id: null });
    fault.behave(isHonest());
    const answers = await ensureOften([urls[1]], { name }, 20);
    expect(answers.filter(({ sessionId }) => sessionId === null)).toEqual([]);
    expect(Math.max(...answers.map(({ took }) => took))).toBeLessThan(LEASE + NOISE);
    expect(fault.received).toHaveLength(2);
    await checkDatabase(query, sessionsByName(answers));
  });

  it("replace a session that is too old once, however many ask at once", async () => {
    const { fault, urls, query } = await startReplicas();
    const name = "daily";
    const first = await ensure(urls[0], { name });
    await age(query, name, 30);
    const young = await ensureOften(urls, { name, maxAge: 60 }, 100);
    expect(sessionsByName(young).get(name)).toBe(first.sessionId);
    await age(query, name, 31);
    const old = await ensureOften(urls, { name, maxAge: 60 }, 100);
    expect(old.filter(({ sessionId }) => sessionId === null)).toEqual([]);
    expect(fault.received).toHaveLength(2);
    const second = sessionsByName(old).get(name);
    expect(second).not.toBe(first.sessionId);
    const [{ session_id: current }] = await query("SELECT session_id FROM session_names");
    expect(current).toBe(second);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["mediaMode", {}, { mediaMode: "ROUTED" }],
    ["location", {}, { location: "203.0.113.7" }],
    ["archiveMode", { mediaMode: "ROUTED" }, { mediaMode: "ROUTED", archiveMode: "ALWAYS" }],
    ["e2ee", { mediaMode: "ROUTED" }, { mediaMode: "ROUTED", e2ee: true }],
  ])(
    "tell those who ask for another %s at once which option it is that differs",
    async (option, one, other) => {
      const { fault, urls } = await startReplicas();
      const name = "disputed";
      const sides = await Promise.all([
        ensureOften(urls, { name, ...one }, 20),
        ensureOften(urls, { name, ...other }, 20),
      ]);
      const won = sides.filter((answers) => answers.every(({ sessionId }) => sessionId !== null));
      const lost = sides.filter((answers) => answers.every(({ sessionId }) => sessionId === null));
      expect([won.length, lost.length]).toEqual([1, 1]);
      expect(sessionsByName(won.flat()).size).toBe(1);
      const refusals = new Set(lost.flat().map(({ extensions }) => JSON.stringify(extensions)));
      expect([...refusals].map((extensions) => JSON.parse(extensions))).toEqual([
        { code: "BAD_USER_INPUT", argument: option },
      ]);
      expect(fault.received).toHaveLength(1);
    },
  );
});

describe("an empty PostgreSQL", () => {
  it("gets its tables once from three that migrate it at once, and a server then starts", async () => {
    const postgres = await startPostgres();
    onTestFinished(postgres.stop);
    const databaseUrl = await postgres.createDatabase();
    const cwd = temporaryFolder();
    const migrate = () =>
      promisify(execFile)(process.execPath, [CLI, "migrate"], {
        cwd,
        env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl },
      });
    // Else the first would be done before the others have even started.
    postgres.pause();
    const all = Promise.all([migrate(), migrate(), migrate()]);
    await sleep(3000);
    postgres.resume();
    // Each of them rejects unless the code is 0.
    const outputs = await all;
    expect(outputs.filter(({ stdout }) => stdout.startsWith("Made: "))).toHaveLength(1);
    expect(outputs.map(({ stderr }) => stderr)).toEqual(["", "", ""]);
    const fault = await startFaultServer(isHonest());
    onTestFinished(() => fault.close());
    const url = await spawnServer(cwd, environment(fault.url, databaseUrl)).url();
    expect((await fetch(new URL("/readyz", url))).status).toBe(200);
    expect((await ensure(url, { name: "first" })).sessionId).toMatch(/^1_/);
  });

  it("lets no server start before, which says so in one line", async () => {
    const databaseUrl = await newDatabaseUrl("PostgreSQL", { bare: true });
    const server = spawnServer(temporaryFolder(), environment("http://127.0.0.1:9", databaseUrl));
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.errors()).toMatch(/^DATABASE_URL: .*stagepass migrate\n$/);
    expect(server.output() + server.errors()).not.toContain(DATABASE_PASSWORD);
  });
});
