import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { API_KEY, API_SECRET } from "../../support/credentials.ts";
import { figuresOf, newSession, startSteadyLoad } from "../../support/faults.ts";
import { LONG } from "../../support/long.ts";
import { freePort } from "../../support/postgres.ts";
import { spawnServer } from "../../support/process.ts";
import { PROXIES, type ProxyName, startProxy } from "../../support/proxy.ts";
import { newDatabaseUrl, sharedPostgres } from "../../support/stores.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** Requests a second, all of them from one address. */
const RATE = LONG ? 200 : 100;
/** How long a fault lasts, in milliseconds. */
const DURATION = LONG ? 20_000 : 1000;
/** How long the replicas are watched before and after a fault, in milliseconds. */
const AROUND = LONG ? 5000 : 500;

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
      // HAProxy asks /readyz every second.
      SHUTDOWN_DELAY_MS: "3000",
      LOG_LEVEL: "warn",
    });
    await server.url();
    return server;
  };
  const ports = [await freePort(), await freePort()] as const;
  const [first] = await Promise.all(ports.map(start));
  if (first === undefined) throw new Error("there is no replica");
  const postgres = await sharedPostgres();
  return {
    ports,
    /** The one that has the fault. */
    first,
    async startFirst() {
      this.first = await start(ports[0]);
    },
    /** The IDs of all tokens of the ledger. */
    async recorded(): Promise<string[]> {
      const database = new URL(databaseUrl).pathname.slice(1);
      return (await postgres.query("SELECT id FROM issued_tokens", database)).map(({ id }) => id);
    },
  };
}

type Replicas = Awaited<ReturnType<typeof startReplicas>>;

interface Fault {
  readonly name: string;
  /** The most requests that may fail of all, which on a busy machine are many at once. */
  readonly most: Readonly<Record<ProxyName, number>>;
  readonly begin: (replicas: Replicas) => unknown;
  readonly end: (replicas: Replicas) => unknown;
}

const FAULTS: readonly Fault[] = [
  {
    name: "is stopped and continued",
    // Those that were with it, and as many until the balance has noticed.
    most: { nginx: 60, haproxy: 60 },
    begin: ({ first }) => first.kill("SIGSTOP"),
    end: ({ first }) => first.kill("SIGCONT"),
  },
  {
    name: "is killed and started again",
    // Those that were with it.
    most: { nginx: 60, haproxy: 60 },
    async begin({ first }) {
      first.kill("SIGKILL");
      await first.exited;
    },
    end: (replicas) => replicas.startFirst(),
  },
  {
    name: "ends and is started again",
    // Those on a new connection while it finishes others. HAProxy has noticed by then.
    most: { nginx: 60, haproxy: 0 },
    async begin({ first }) {
      first.kill("SIGTERM");
      expect(await first.exited).toEqual({ code: 0, signal: null });
    },
    end: (replicas) => replicas.startFirst(),
  },
];

describe.each(PROXIES)("behind %s", (proxy, itBehind) => {
  itBehind("callers hardly notice that one of two replicas fails", { timeout: 150_000 }, async () => {
    const replicas = await startReplicas();
    const { url } = await startProxy(replicas.ports, proxy);
    const sessionId = await newSession(url);
    // In the short form test/process/proxy.test.ts has the last one.
    for (const { name, most, begin, end } of LONG ? FAULTS : FAULTS.slice(0, -1)) {
      const load = startSteadyLoad(url, sessionId, RATE);
      await sleep(AROUND);
      await begin(replicas);
      await sleep(DURATION);
      await end(replicas);
      const ended = performance.now();
      await sleep(AROUND);
      const calls = await load.stop();
      const fault = `behind ${proxy} a replica ${name}`;
      const { requests, failed, missing } = figuresOf(fault, calls, ended, await replicas.recorded());
      expect([fault, missing]).toEqual([fault, 0]);
      expect(failed, fault).toBeLessThanOrEqual(most[proxy]);
      expect(requests - failed, fault).toBeGreaterThan((RATE * DURATION) / 2000);
    }
  });
});
