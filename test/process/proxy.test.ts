import { once } from "node:events";
import { rmSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, vi } from "vitest";
import { MOST_FAILURES } from "../../src/access/failed-credentials.ts";
import { BODY_LIMIT } from "../../src/http/body-size.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { readProxyConfig } from "../support/compose.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { type Behaviour, flood, resetAtOnce, startFaultServer } from "../support/fault-server.ts";
import { freePort } from "../support/postgres.ts";
import { spawnServer } from "../support/process.ts";
import { itBehindNginx, startProxy } from "../support/proxy.ts";
import { newDatabaseUrl, sharedPostgres, stopSharedPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

afterAll(stopSharedPostgres);

const KB = 1024;
const MB = 1024 * KB;
/** What a server accepts, and what the proxy passes on, so that a server refuses it. */
const LARGEST = BODY_LIMIT;
const TOO_LARGE = BODY_LIMIT + 4 * KB;
const MAY = signedJwt(EVERYTHING);
const CREATE = "mutation { createSession { sessionId generateToken { token } } }";
const TOKEN_QUERY = new URLSearchParams({ query: '{ inspectToken(token: "eyJhbGciOi") { valid } }' });
const UNAVAILABLE = { errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] };

interface Asked {
  readonly body?: string;
  readonly credential?: string;
  readonly path?: string;
}

/** A POST, and its answer, which has to be JSON. */
async function post({ url }: { url: string }, { body, credential = MAY, path = "/graphql" }: Asked = {}) {
  const response = await fetch(new URL(path, url), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${credential}` },
    body: body ?? JSON.stringify({ query: CREATE }),
  });
  return { status: response.status, answer: await response.json() };
}

/** A POST from an address of this machine, and its answer. */
async function postFrom(
  { port }: { port: number },
  { address = "127.0.0.1", agent = false as Agent | false, headers = {} },
) {
  const request = httpRequest({
    port,
    agent,
    host: "127.0.0.1",
    localAddress: address,
    method: "POST",
    path: "/graphql",
    headers: { "content-type": "application/json", ...headers },
  });
  request.end(JSON.stringify({ query: "{ __typename }" }));
  const [response] = await once(request, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, answer: JSON.parse(text) };
}

/** A request that has begun, and has the whole of its head and no more than the beginning of its body. */
function begin({ port }: { port: number }, length: string): Socket {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${length}\r\n\r\n`,
  );
  return socket;
}

/** What comes back until there is an error or a result. */
async function answerOf(socket: Socket): Promise<string> {
  let answer = "";
  for await (const part of socket) {
    answer += part;
    if (/\}\s*$/.test(answer)) break;
  }
  return answer;
}

/** Two servers on one database behind the proxy. */
async function startReplicas() {
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
    LOG_LEVEL: "info",
  };
  const replicas = [1, 2].map(() => spawnServer(temporaryFolder(), environment));
  const [first = "", second = ""] = await Promise.all(replicas.map((replica) => replica.url()));
  const proxy = await startProxy([portOf(first), portOf(second)]);
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

/** The proxy in front of two that do as they are told. */
async function startStandIns(behaviour: Behaviour) {
  const standIns = await Promise.all([startFaultServer(behaviour), startFaultServer(behaviour)]);
  for (const standIn of standIns) onTestFinished(() => standIn.close());
  const proxy = await startProxy([standIns[0].port, standIns[1].port]);
  return { proxy, received: () => standIns.flatMap((standIn) => standIn.received) };
}

const succeed: Behaviour = (response) =>
  response.writeHead(200, { "content-type": "application/json" }).end('{"data":{}}');

describe("behind the proxy of compose.yaml", () => {
  itBehindNginx("a refused body leaves the replicas to others, and its caller knows why", async () => {
    const { proxy } = await startReplicas();
    const body = "x".repeat(TOO_LARGE);
    for (let i = 0; i < 6; i++) {
      const refused = [
        await post(proxy, { body }),
        await post(proxy, { body, path: "/nowhere" }),
        await post(proxy, { body: "x".repeat(MB) }),
      ];
      for (const { status, answer } of refused) {
        expect([status, answer.errors[0].extensions]).toEqual([413, { code: "PAYLOAD_TOO_LARGE" }]);
      }
      expect((await post(proxy)).answer.errors).toBeUndefined();
    }
    expect(proxy.log()).toBe("");
  });

  itBehindNginx("a caller without a credential is refused before the body has come", async () => {
    const { proxy } = await startReplicas();
    const socket = begin(proxy, `content-length: ${LARGEST}`);
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 401 [\s\S]*UNAUTHENTICATED/);
  });

  itBehindNginx("a batch of the largest size is signed", async () => {
    const { proxy, count } = await startReplicas();
    const { answer } = await post(proxy);
    const { sessionId } = answer.data.createSession;
    const requests = Array.from({ length: 1000 }, () => ({ data: "字".repeat(100) }));
    const query = `mutation ($sessionId: ID!, $requests: [TokenRequest!]!) {
      generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { token } } }`;
    const body = JSON.stringify({ query, variables: { sessionId, requests } });
    const padding = " ".repeat(LARGEST - Buffer.byteLength(body));
    const batch = await post(proxy, { body: body + padding });
    expect([batch.status, batch.answer.errors]).toEqual([200, undefined]);
    expect(batch.answer.data.generateTokens).toHaveLength(1000);
    expect(await count("issued_tokens")).toBe(1001);
  });

  itBehindNginx("a replica that stops loses nothing", { timeout: 60_000 }, async () => {
    const { proxy, replicas, count } = await startReplicas();
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
    replicas[0]?.kill("SIGTERM");
    expect(await replicas[0]?.exited).toEqual({ code: 0, signal: null });
    const before = created;
    await expect.poll(() => created).toBeGreaterThan(before + 20);
    stopped = true;
    await load;
    expect(await count("sessions")).toBe(created);
    expect(proxy.log()).toBe("");
  });

  itBehindNginx("a request goes to the other replica where a connection is refused", async () => {
    const standIn = await startFaultServer(succeed);
    onTestFinished(() => standIn.close());
    const proxy = await startProxy([await freePort(), standIn.port]);
    for (let i = 0; i < 10; i++) expect((await post(proxy)).status).toBe(200);
    expect(standIn.received).toHaveLength(10);
  });

  itBehindNginx("where no replica answers, clients read so, and the log has no URL", async () => {
    const proxy = await startProxy([await freePort(), await freePort()]);
    const response = await fetch(`${proxy.url}?${TOKEN_QUERY}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([502, "application/json"]);
    expect(await response.json()).toMatchObject(UNAVAILABLE);
    expect(await post(proxy)).toMatchObject({ status: 502, answer: UNAVAILABLE });
    const [first, ...more] = proxy.log().trim().split("\n");
    expect(first).toMatch(/^\S+ 502 from 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+ after [\d.]+ s$/);
    expect(more).toHaveLength(1);
  });

  itBehindNginx("the log has no URL, either, where the disk fails", async () => {
    const told = vi.fn<(sent: number) => void>();
    const { proxy } = await startStandIns(flood(told));
    rmSync(join(proxy.folder, "proxy"), { recursive: true });
    const socket = connect(proxy.port, "127.0.0.1").pause();
    onTestFinished(() => void socket.destroy());
    socket.write(`GET /graphql?${TOKEN_QUERY} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    // Nobody reads the answer, and so it goes to the disk.
    await expect.poll(() => told.mock.calls[0]?.[0]).toBeLessThan(64 * MB);
    expect(proxy.log()).toBe("");
  });

  itBehindNginx("an address has so many requests at once, and no more", async () => {
    let open = 0;
    const silent = createServer((socket) => {
      open += 1;
      socket.on("error", () => {});
      onTestFinished(() => void socket.destroy());
    });
    await once(silent.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const proxy = await startProxy([port, port]);
    const most = Number(/limit_conn \w+ (\d+);/.exec(readProxyConfig())?.[1]);
    for (let i = 0; i < most; i++) begin(proxy, "content-length: 9");
    await expect.poll(() => open).toBe(most);
    expect(await post(proxy)).toMatchObject({ status: 503, answer: UNAVAILABLE });
    expect(open).toBe(most);
  });

  itBehindNginx("a flood from one address is refused, and no other address is", async () => {
    const { proxy, received } = await startStandIns(succeed);
    const agent = new Agent({ keepAlive: true, maxSockets: 50 });
    onTestFinished(() => agent.destroy());
    const burst = Number(/limit_req zone=requests burst=(\d+) nodelay;/.exec(readProxyConfig())?.[1]);
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
      answer: { errors: [{ extensions: { code: "RATE_LIMITED", retryAfterSeconds: 1 } }] },
    });
    const passedOn = received().length;
    expect((await postFrom(proxy, { address: "127.0.0.2" })).status).toBe(200);
    expect(received()).toHaveLength(passedOn + 1);
    expect(proxy.log()).toBe("");
  });

  itBehindNginx("what a client says of traces and of its address does not arrive", async () => {
    const { proxy, received } = await startStandIns(succeed);
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

  itBehindNginx(
    "credentials that fail shut out the address that sends them, whatever it claims to be",
    async () => {
      const { proxy, replicas } = await startReplicas();
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
      await expect.poll(async () => (await stranger(0)).status).toBe(429);
      const refused = await stranger(0);
      const [{ extensions }] = refused.answer.errors;
      expect(extensions.code).toBe("RATE_LIMITED");
      expect(refused.headers["retry-after"]).toBe(String(extensions.retryAfterSeconds));
      const other = await postFrom(proxy, {
        address: "127.0.0.3",
        headers: { authorization: `Bearer ${MAY}` },
      });
      expect(other.status).toBe(200);
      const logged = () => replicas.map((replica) => replica.errors()).join("");
      await expect.poll(logged).toMatch(/"address":"127\.0\.0\.3"/);
      expect(logged()).toMatch(/"address":"127\.0\.0\.2"/);
      expect(logged()).not.toContain("198.51.100");
    },
  );

  itBehindNginx.each<[string, Behaviour]>([
    ["broke off", resetAtOnce],
    ["answered with 500", (response) => response.writeHead(500).end("{}")],
    ["answered with 502", (response) => response.writeHead(502).end("{}")],
    ["answered with 503", (response) => response.writeHead(503).end("{}")],
    ["answered with 504", (response) => response.writeHead(504).end("{}")],
    ["answered with 429", (response) => response.writeHead(429).end("{}")],
  ])("a mutation that a replica %s is not sent to the other one", async (_, behaviour) => {
    const { proxy, received } = await startStandIns(behaviour);
    for (let i = 1; i <= 4; i++) {
      expect((await post(proxy)).status).toBeGreaterThanOrEqual(429);
      expect(received()).toHaveLength(i);
    }
  });
});
