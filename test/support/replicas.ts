import { expect, onTestFinished } from "vitest";
import { API_KEY, API_SECRET } from "./credentials.ts";
import { type Behaviour, honest, startFaultServer } from "./fault-server.ts";
import { spawnServer } from "./process.ts";
import { newDatabaseUrl, sharedPostgres } from "./stores.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/**
 * The deadline of a call to a failing platform, in milliseconds, and the longer lease of a name. Other platforms have the default
 * deadline, because with so many requests a busy machine may read answers late.
 */
const TIMEOUT = 500;
export const LEASE = TIMEOUT + 5000;

/** What the database and a busy machine may add to a time, in milliseconds. */
export const NOISE = 3000;

/** How long an answer may take: a dead server's lease, its successor's lease, and the server's own attempt. */
export const ANSWER_LIMIT = 2 * LEASE + TIMEOUT + NOISE;

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

export interface Answer {
  readonly url: string;
  readonly asked: Asked;
  /** Null when there is an error. */
  readonly sessionId: string | null;
  readonly extensions: Record<string, unknown> | null;
  /** In milliseconds. */
  readonly took: number;
}

export const isHonest = () => honest("opentok", API_KEY, API_SECRET);

export const environment = (platformUrl: string, databaseUrl: string) => ({
  PLATFORM: "opentok",
  OPENTOK_API_URL: platformUrl,
  OPENTOK_API_KEY: API_KEY,
  OPENTOK_API_SECRET: API_SECRET,
  DATABASE_URL: databaseUrl,
  // One caller sends thousands of requests at once.
  MAX_REQUESTS_PER_CALLER: "100000",
  MAX_MEGABYTES_PER_CALLER: "1024",
  MAX_CONNECTIONS_PER_CALLER: "100000",
  LOG_LEVEL: "info",
});

/** Two servers with one database and one platform. */
export async function startReplicas(failing?: Behaviour) {
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

export async function ensure(url: string, asked: Asked): Promise<Answer> {
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
    sessionId: data?.ensureSession?.sessionId ?? null,
    extensions: errors?.[0].extensions ?? null,
    took: performance.now() - begin,
  };
}

/** Sends `count` requests at once, alternating between the servers. */
export function ensureOften(urls: readonly string[], asked: Asked, count: number): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => ensure(urls[index % urls.length] ?? "", asked)),
  );
}

/** The session that all answers agree on, for each name. */
export function sessionsByName(answers: readonly Answer[]): Map<string, string> {
  const sessions = new Map<string, Set<string>>();
  for (const { asked, sessionId } of answers) {
    if (sessionId === null) continue;
    const ids = sessions.get(asked.name) ?? new Set();
    sessions.set(asked.name, ids.add(sessionId));
  }
  expect([...sessions].filter(([, ids]) => ids.size !== 1)).toEqual([]);
  return new Map([...sessions].map(([name, ids]) => [name, [...ids].join()]));
}

/** Checks that the database has one session for each name, the answered one. */
export async function checkDatabase(query: Replicas["query"], answered: Map<string, string>): Promise<void> {
  const named = await query("SELECT name, session_id FROM session_names");
  expect(new Map(named.map(({ name, session_id }) => [name, session_id]))).toEqual(answered);
  const registered = await query("SELECT name, session_id FROM sessions");
  expect(registered).toHaveLength(answered.size);
  expect(new Map(registered.map(({ name, session_id }) => [name, session_id]))).toEqual(answered);
}
