import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect } from "vitest";
import { API_KEY, API_SECRET } from "../../support/credentials.ts";
import { figuresOf, LONG, newSession, startSteadyLoad } from "../../support/faults.ts";
import { freePort } from "../../support/postgres.ts";
import { spawnServer } from "../../support/process.ts";
import { PROXIES, startProxy } from "../../support/proxy.ts";
import { newDatabaseUrl, sharedPostgres, stopSharedPostgres } from "../../support/stores.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

afterAll(stopSharedPostgres);

/** Requests a second, all of them from one address. */
const RATE = 200;
/** How long a fault lasts, in milliseconds. */
const DURATION = LONG ? 20_000 : 3000;
/** How long both replicas are watched after a fault, in milliseconds. */
const AFTERWARDS = LONG ? 5000 : 1500;

/** Two servers on one PostgreSQL, each of which starts at its port again. */
async function startReplicas() {
  const databaseUrl = await newDatabaseUrl("PostgreSQL");
  const start = async (port: number) => {
    const server = spawnServer(temporaryFolder(), {
      PLATFORM: "local",
      OPENTOK_API_KEY: API_KEY,
      OPENTOK_API_SECRET: API_SECRET,
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      LOG_LEVEL: "warn",
    });
    await server.url();
    return server;
  };
  const ports = [await freePort(), await freePort()] as const;
  const [first] = await Promise.all(ports.map(start));
  if (first === undefined) throw new Error("there is no replica");
  const postgres = await sharedPostgres();
  const recorded = async (): Promise<string[]> => {
    const rows = await postgres.query("SELECT id FROM issued_tokens", new URL(databaseUrl).pathname.slice(1));
    return rows.map(({ id }) => id);
  };
  return { ports, first, startFirst: () => start(ports[0]), recorded };
}

type Replicas = Awaited<ReturnType<typeof startReplicas>>;

interface Fault {
  readonly name: string;
  /** The most requests that may fail of all. */
  readonly most: number;
  readonly begin: (replicas: Replicas) => unknown;
  readonly end: (replicas: Replicas) => unknown;
}

const FAULTS: readonly Fault[] = [
  {
    name: "is stopped and continued",
    // As many as were with it when it froze, and those of the time that it takes to notice.
    most: 24,
    begin: ({ first }) => first.kill("SIGSTOP"),
    end: ({ first }) => first.kill("SIGCONT"),
  },
  {
    name: "is killed and started again",
    // Those that were with it.
    most: 12,
    async begin({ first }) {
      first.kill("SIGKILL");
      await first.exited;
    },
    end: ({ startFirst }) => startFirst(),
  },
  {
    name: "ends and is started again",
    most: 0,
    async begin({ first }) {
      first.kill("SIGTERM");
      expect(await first.exited).toEqual({ code: 0, signal: null });
    },
    end: ({ startFirst }) => startFirst(),
  },
];

describe.each(PROXIES)("behind %s", (proxyName, itBehind) => {
  itBehind.each(FAULTS)(
    "callers hardly notice when one of two replicas $name",
    { timeout: 90_000 },
    async ({ name, most, begin, end }) => {
      const replicas = await startReplicas();
      const { url } = await startProxy(replicas.ports, proxyName);
      const load = startSteadyLoad(url, await newSession(url), RATE);
      await sleep(1000);
      await begin(replicas);
      await sleep(DURATION);
      await end(replicas);
      const ended = performance.now();
      await sleep(AFTERWARDS);
      const calls = await load.stop();
      const figures = figuresOf(`${proxyName}: a replica ${name}`, calls, ended, await replicas.recorded());
      process.stdout.write(
      expect(figures.missing).toBe(0);
      expect(figures.failed).toBeLessThanOrEqual(most);
      expect(figures.requests - figures.failed).toBeGreaterThan((RATE * DURATION) / 2000);
    },
  );
});
