import { once } from "node:events";
import { Agent } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { MOST_FAILURES } from "../../src/access/failed-credentials.ts";
import { BODY_LIMIT } from "../../src/http/body-size.ts";
import { atOnce } from "../support/at-once.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { readDeployed, readProxyConfig } from "../support/compose.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { LONG } from "../support/long.ts";
import { spawnServer } from "../support/process.ts";
import {
  begin,
  MAY,
  post,
  postFrom,
  startStandIns,
  succeed,
  UNAVAILABLE,
  unanswered,
} from "../support/proxied.ts";
import { PROXIES, type ProxyName, startProxy } from "../support/proxy.ts";
import { startServer } from "../support/server.ts";
import { newDatabaseUrl, sharedPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const KB = 1024;
const MB = 1024 * KB;
/** What a server accepts, and what the proxy passes on, so that a server refuses it. */
const LARGEST = BODY_LIMIT;
const TOO_LARGE = BODY_LIMIT + 4 * KB;

/** What comes back until there is an error or a result. */
async function answerOf(socket: Socket): Promise<string> {
  let answer = "";
  for await (const part of socket) {
    answer += part;
    if (/\}\s*$/.test(answer)) break;
  }
  return answer;
}

/** A server with this environment: in this process, or in one of its own, where a signal is sent to it. */
const STARTS = {
  async here(environment: Record<string, string>) {
    const server = await startServer(environment);
    onTestFinished(() => server.close());
    return { url: server.url, log: () => JSON.stringify(server.log()), stop: () => {}, exited: null };
  },
  async apart(environment: Record<string, string>) {
    const server = spawnServer(temporaryFolder(), environment);
    return {
      url: await server.url(),
      log: server.errors,
      stop: () => server.kill("SIGTERM"),
      exited: server.exited,
    };
  },
};

/** Two servers on one database behind the proxy. */
async function startReplicas(name: ProxyName, where: keyof typeof STARTS = "here") {
  const databaseUrl = await newDatabaseUrl("PostgreSQL");
  const environment = {
    NODE_ENV: "production",
    DATABASE_URL: databaseUrl,
    PLATFORM: "local",
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    AUTH_JWT_SECRET: JWT_SECRET,
    TOKENS_PER_MINUTE: "999999",
    SESSIONS_PER_MINUTE: "999999",
    // The proxy alone, and not the other addresses of this machine, which are clients here.
    TRUST_PROXY: "127.0.0.1",
    // HAProxy learns of a stop from /readyz alone; nginx asks nothing, and loses nothing either.
    SHUTDOWN_DELAY_MS: name === "haproxy" && where === "apart" ? "3000" : "0",
    LOG_LEVEL: "info",
  };
  const start = STARTS[where];
  const replicas = [await start(environment), await start(environment)] as const;
  const proxy = await startProxy([portOf(replicas[0].url), portOf(replicas[1].url)], name);
  const postgres = await sharedPostgres();
  const count = async (table: string) => {
    const [row] = await postgres.query(
      `SELECT count(*)::int AS count FROM ${table}`,
      new URL(databaseUrl).pathname.slice(1),
    );
    return row.count;
  };
  return { proxy, replicas, count };
}

const portOf = (url: string) => Number(new URL(url).port);

/** What a proxy lets an address do, as its configuration has it. */
const LIMITS = {
  nginx: {
    atOnce: Number(/limit_conn \w+ (\d+);/.exec(readProxyConfig())?.[1]),
    burst: Number(/limit_req zone=requests burst=(\d+) nodelay;/.exec(readProxyConfig())?.[1]),
  },
  haproxy: {
    atOnce: Number(/sc0_conn_cur gt (\d+)/.exec(readDeployed("haproxy.cfg"))?.[1]),
    burst: Number(/src_http_req_rate\(addresses\) gt (\d+)/.exec(readDeployed("haproxy.cfg"))?.[1]),
  },
} as const;

// The short form asks nginx; proxy-faults.test.ts asks both.
for (const [name, itBehind] of LONG ? PROXIES : PROXIES.slice(0, 1)) {
  const test = atOnce(`behind ${name}`, 60_000, itBehind);

  test("bodies: a refused one leaves the replicas to others, one without a credential is refused before it has come, and a batch of the largest size is signed", async () => {
    const { proxy, count } = await startReplicas(name);
    const body = "x".repeat(TOO_LARGE);
    for (let i = 0; i < 6; i++) {
      const refused = [
        await post(proxy, { body }),
        await post(proxy, { body, path: "/nowhere" }),
        await post(proxy, { body: "x".repeat(MB) }),
      ];
      for (const { status, answer } of refused) {
        expect([status, answer.errors[0].extensions]).toEqual([
          413,
          { code: "PAYLOAD_TOO_LARGE", retryable: false },
        ]);
      }
      expect((await post(proxy)).answer.errors).toBeUndefined();
    }
    expect(unanswered(proxy)).toEqual([]);

    const socket = begin(proxy, `content-length: ${LARGEST}`);
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 401 [\s\S]*UNAUTHENTICATED/);

    const before = await count("issued_tokens");
    const { answer } = await post(proxy);
    const { sessionId } = answer.data.createSession;
    const requests = Array.from({ length: 1000 }, () => ({ data: "字".repeat(100) }));
    const query = `mutation ($sessionId: ID!, $requests: [TokenRequest!]!) {
      generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { token } } }`;
    const variables = { sessionId, requests };
    const large = JSON.stringify({ query, variables });
    const padding = " ".repeat(LARGEST - Buffer.byteLength(large));
    const batch = await post(proxy, { body: large + padding });
    expect([batch.status, batch.answer.errors]).toEqual([200, undefined]);
    expect(batch.answer.data.generateTokens).toHaveLength(1000);
    expect(await count("issued_tokens")).toBe(before + 1001);
  });

  test("a replica that stops loses nothing", async () => {
    const { proxy, replicas, count } = await startReplicas(name, "apart");
    let created = 0;
    const create = async () => {
      const { status, answer } = await post(proxy);
      expect([status, answer.errors]).toEqual([200, undefined]);
      created += 1;
    };
    // By which the proxy has all the connections that it will need: a new one is refused by a replica that stops.
    for (let i = 0; i < 3; i++) await Promise.all(Array.from({ length: 100 }, create));
    let stopped = false;
    const createUntilStopped = async () => {
      // Within what the proxy lets an address ask for.
      while (!stopped) await Promise.all([create(), sleep(50)]);
    };
    const load = Promise.all(Array.from({ length: 8 }, createUntilStopped));
    const early = created;
    await expect.poll(() => created).toBeGreaterThan(early + 20);
    replicas[0].stop();
    expect(await replicas[0].exited).toEqual({ code: 0, signal: null });
    const before = created;
    await expect.poll(() => created).toBeGreaterThan(before + 20);
    stopped = true;
    await load;
    expect(await count("sessions")).toBe(created);
    expect(unanswered(proxy)).toEqual([]);
  });
  itBehind(`behind ${name} an address has so many requests at once, and no more`, async () => {
    let open = 0;
    const silent = createServer((socket) => {
      // Without the checks of HAProxy.
      socket.once("data", (head) => {
        if (head.toString().startsWith("POST")) open += 1;
      });
      socket.on("error", () => {});
      onTestFinished(() => void socket.destroy());
    });
    // All of them may connect at once.
    await once(silent.listen({ port: 0, host: "127.0.0.1", backlog: 2000 }), "listening");
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const proxy = await startProxy([port, port], name);
    const most = LIMITS[name].atOnce;
    for (let i = 0; i < most; i++) begin(proxy, "content-length: 9");
    await expect.poll(() => open).toBe(most);
    expect(await post(proxy)).toMatchObject({ status: 503, answer: UNAVAILABLE });
    expect(open).toBe(most);
  });

  itBehind(`behind ${name} a flood from one address is refused, and no other address is`, async () => {
    const { proxy, received } = await startStandIns(succeed, name);
    const agent = new Agent({ keepAlive: true, maxSockets: 50 });
    onTestFinished(() => agent.destroy());
    const { burst } = LIMITS[name];
    const flood = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => postFrom(proxy, { agent })));
      return answers.filter(({ status }) => status !== 200);
    };
    // A page of hooks for each person of an office.
    expect(await flood(burst)).toEqual([]);
    let refused = await flood(500);
    for (let i = 0; i < 20 && refused.length === 0; i++) refused = await flood(500);
    expect(refused[0]).toMatchObject({
      status: 429,
      headers: { "retry-after": "1", "content-type": "application/json" },
      answer: { errors: [{ extensions: { code: "RATE_LIMITED", retryable: true, retryAfterSeconds: 1 } }] },
    });
    const passedOn = received().length;
    expect((await postFrom(proxy, { address: "127.0.0.2" })).status).toBe(200);
    expect(received()).toHaveLength(passedOn + 1);
    expect(unanswered(proxy)).toEqual([]);
  });

  test("what a client says of traces and of its address does not arrive", async () => {
    const { proxy, received } = await startStandIns(succeed, name);
    const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
    const said = {
      traceparent,
      tracestate: "canary=1",
      baggage: "canary=1",
      "x-forwarded-for": "198.51.100.1",
    };
    await postFrom(proxy, { address: "127.0.0.2", headers: { ...said, "x-kept": "yes" } });
    const [{ headers } = { headers: {} }] = received();
    expect(headers).toMatchObject({ "x-forwarded-for": "127.0.0.2", "x-kept": "yes" });
    for (const name of ["traceparent", "tracestate", "baggage"]) expect(headers).not.toHaveProperty(name);
  });

  test("credentials that fail shut out the address that sends them, whatever it claims to be", async () => {
    const { proxy, replicas } = await startReplicas(name);
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    onTestFinished(() => agent.destroy());
    const stranger = (n: number) =>
      postFrom(proxy, {
        address: "127.0.0.2",
        agent,
        headers: { authorization: "Bearer a.b.c", "x-forwarded-for": `198.51.100.${n % 250}` },
      });
    // Each replica counts for itself.
    const all = await Promise.all(Array.from({ length: 2 * MOST_FAILURES }, (_, n) => stranger(n)));
    expect(all.map(({ status }) => status)).toContain(401);
    // Of both.
    await expect
      .poll(async () => (await Promise.all([0, 1, 2, 3].map(stranger))).every(({ status }) => status === 429))
      .toBe(true);
    const refused = await stranger(0);
    const [{ extensions }] = refused.answer.errors;
    expect(extensions.code).toBe("RATE_LIMITED");
    expect(refused.headers["retry-after"]).toBe(String(extensions.retryAfterSeconds));
    const other = await postFrom(proxy, {
      address: "127.0.0.3",
      headers: { authorization: `Bearer ${MAY}` },
    });
    expect(other.status).toBe(200);
    const logged = () => replicas.map((replica) => replica.log()).join("");
    await expect.poll(logged).toMatch(/"address":"127\.0\.0\.3"/);
    expect(logged()).toMatch(/"address":"127\.0\.0\.2"/);
    expect(logged()).not.toContain("198.51.100");
  });
}
