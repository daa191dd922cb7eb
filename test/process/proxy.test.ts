import { once } from "node:events";
import { rmSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, vi } from "vitest";
import { MOST_FAILURES } from "../../src/access/failed-credentials.ts";
import { BODY_LIMIT } from "../../src/http/body-size.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { readDeployed, readProxyConfig } from "../support/compose.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import {
  type Behaviour,
  type FaultServer,
  flood,
  hang,
  resetAtOnce,
  startFaultServer,
} from "../support/fault-server.ts";
import { freePort } from "../support/postgres.ts";
import { spawnServer } from "../support/process.ts";
import { itBehindHaproxy, itBehindNginx, PROXIES, type ProxyName, startProxy } from "../support/proxy.ts";
import { newDatabaseUrl, sharedPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

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
  { address = "127.0.0.1", agent = false as Agent | false, headers = {}, query = "{ __typename }" },
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
  request.end(JSON.stringify({ query }));
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
async function startReplicas(name?: ProxyName) {
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
    SHUTDOWN_DELAY_MS: name === "haproxy" ? "3000" : "0",
    LOG_LEVEL: "info",
  };
  const replicas = [1, 2].map(() => spawnServer(temporaryFolder(), environment));
  const [first = "", second = ""] = await Promise.all(replicas.map((replica) => replica.url()));
  const proxy = await startProxy([portOf(first), portOf(second)], name);
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
async function startStandIns(behaviour: Behaviour, name?: ProxyName) {
  const standIns = await Promise.all([startFaultServer(behaviour), startFaultServer(behaviour)]);
  for (const standIn of standIns) onTestFinished(() => standIn.close());
  const proxy = await startProxy([standIns[0].port, standIns[1].port], name);
  // Without what the proxy asks of its own.
  const received = () =>
    standIns.flatMap((standIn) => standIn.received.filter(({ path }) => path !== "/readyz"));
  return { proxy, standIns, received };
}

const succeed: Behaviour = (response) =>
  response.writeHead(200, { "content-type": "application/json" }).end('{"data":{}}');

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

/** The lines of a proxy's log about requests. HAProxy also has lines about replicas. */
const unanswered = ({ log }: { log: () => string }) =>
  log()
    .split("\n")
    .filter((line) => / \d{3} from /.test(line));

describe.each(PROXIES)("behind %s", (name, itBehind) => {
  itBehind("a refused body leaves the replicas to others, and its caller knows why", async () => {
    const { proxy } = await startReplicas(name);
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
    expect(unanswered(proxy)).toEqual([]);
  });

  itBehind("a caller without a credential is refused before the body has come", async () => {
    const { proxy } = await startReplicas(name);
    const socket = begin(proxy, `content-length: ${LARGEST}`);
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 401 [\s\S]*UNAUTHENTICATED/);
  });

  itBehind("a batch of the largest size is signed", async () => {
    const { proxy, count } = await startReplicas(name);
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

  itBehind("a replica that stops loses nothing", { timeout: 60_000 }, async () => {
    const { proxy, replicas, count } = await startReplicas(name);
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
    expect(unanswered(proxy)).toEqual([]);
  });

  itBehind("a request goes to the other replica where a connection is refused", async () => {
    const standIn = await startFaultServer(succeed);
    onTestFinished(() => standIn.close());
    const proxy = await startProxy([await freePort(), standIn.port], name);
    for (let i = 0; i < 10; i++) expect((await post(proxy)).status).toBe(200);
    expect(standIn.received).toHaveLength(10);
  });

  itBehind("where no replica answers, clients read so, and the log has no URL", async () => {
    const proxy = await startProxy([await freePort(), await freePort()], name);
    const response = await fetch(`${proxy.url}?${TOKEN_QUERY}`);
    const status = name === "nginx" ? 502 : 503;
    expect([response.status, response.headers.get("content-type")]).toEqual([status, "application/json"]);
    expect(await response.json()).toMatchObject(UNAVAILABLE);
    expect(await post(proxy)).toMatchObject({ status, answer: UNAVAILABLE });
    await expect.poll(() => unanswered(proxy)).toHaveLength(2);
    expect(unanswered(proxy)[0]).toMatch(
      name === "nginx"
        ? /^\S+ 502 from 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+ after [\d.]+ s$/
        : /^\S+ 503 from 127\.0\.0\.1:\d+ after \d+ ms, [A-Z]{2}$/,
    );
    expect(proxy.log()).not.toContain("inspectToken");
  });

  itBehind("an address has so many requests at once, and no more", async () => {
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

  itBehind("a flood from one address is refused, and no other address is", async () => {
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
      answer: { errors: [{ extensions: { code: "RATE_LIMITED", retryAfterSeconds: 1 } }] },
    });
    const passedOn = received().length;
    expect((await postFrom(proxy, { address: "127.0.0.2" })).status).toBe(200);
    expect(received()).toHaveLength(passedOn + 1);
    expect(unanswered(proxy)).toEqual([]);
  });

  itBehind("what a client says of traces and of its address does not arrive", async () => {
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

  itBehind(
    "credentials that fail shut out the address that sends them, whatever it claims to be",
    async () => {
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
        .poll(async () =>
          (await Promise.all([0, 1, 2, 3].map(stranger))).every(({ status }) => status === 429),
        )
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
      const logged = () => replicas.map((replica) => replica.errors()).join("");
      await expect.poll(logged).toMatch(/"address":"127\.0\.0\.3"/);
      expect(logged()).toMatch(/"address":"127\.0\.0\.2"/);
      expect(logged()).not.toContain("198.51.100");
    },
  );

  itBehind.each<[string, Behaviour]>([
    ["broke off", resetAtOnce],
    ["answered with 500", (response) => response.writeHead(500).end("{}")],
    ["answered with 502", (response) => response.writeHead(502).end("{}")],
    ["answered with 503", (response) => response.writeHead(503).end("{}")],
    ["answered with 504", (response) => response.writeHead(504).end("{}")],
    ["answered with 429", (response) => response.writeHead(429).end("{}")],
  ])("a mutation that a replica %s is not sent to the other one", async (_, behaviour) => {
    const { proxy, received } = await startStandIns(behaviour, name);
    for (let i = 1; i <= 4; i++) {
      // On a connection of its own: HAProxy closes one that had a request before, instead of an answer.
      const { status } = await postFrom(proxy, { query: CREATE });
      expect(status).toBeGreaterThanOrEqual(429);
      expect(received()).toHaveLength(i);
    }
  });
});

describe("behind nginx alone", () => {
  itBehindNginx(
    "a replica that breaks off is left alone, until one request in three seconds succeeds",
    async () => {
      const { proxy, standIns } = await startStandIns(succeed, "nginx");
      standIns[0].behave(resetAtOnce);
      const ask = async () => (await post(proxy)).status;
      const statuses = [];
      for (let i = 0; i < 20; i++) statuses.push(await ask());
      expect(statuses.filter((status) => status !== 200)).toEqual([502, 502, 502]);
      standIns[0].behave(succeed);
      const before = standIns[0].received.length;
      await expect
        .poll(async () => [await ask(), standIns[0].received.length > before + 2], { timeout: 8000 })
        .toEqual([200, true]);
    },
  );

  itBehindNginx("no caller shuts the replicas to others by making requests fail", async () => {
    const fails: Behaviour = (response, request) =>
      (request.body.includes("canary") ? resetAtOnce : succeed)(response, request);
    const { proxy } = await startStandIns(fails, "nginx");
    for (let i = 0; i < 20; i++) {
      expect((await post(proxy, { body: "canary" })).status).toBe(502);
      expect((await post(proxy)).status).toBe(200);
    }
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
});

describe("behind HAProxy alone", () => {
  const unready: Behaviour = (response, request) =>
    request.path === "/readyz" ? response.writeHead(503).end("{}") : succeed(response, request);
  const posts = ({ received }: FaultServer) => received.filter(({ path }) => path === "/graphql").length;

  itBehindHaproxy(
    "a replica that is not ready finishes its requests, and gets no others until it is",
    async () => {
      const { proxy, standIns } = await startStandIns(succeed, "haproxy");
      const [first] = standIns;
      let finish = () => {};
      first.behave((response, request) => {
        if (request.path === "/readyz") return succeed(response, request);
        finish = () => succeed(response, request);
      });
      const slow: Promise<{ status: number }>[] = [];
      await expect.poll(() => slow.push(post(proxy)) && posts(first)).toBeGreaterThan(0);
      first.behave(unready);
      await expect.poll(() => proxy.log(), { timeout: 5000 }).toMatch(/replica-1 is stopping/);
      const before = posts(first);
      for (let i = 0; i < 10; i++) expect((await post(proxy)).status).toBe(200);
      expect(posts(first)).toBe(before);
      finish();
      expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(slow.map(() => 200));
      first.behave(succeed);
      await expect
        .poll(async () => (await post(proxy)) && posts(first), { timeout: 5000 })
        .toBeGreaterThan(before);
    },
  );

  itBehindHaproxy(
    "with no replica ready, requests go to both, and their own errors to the callers",
    async () => {
      const { proxy, standIns } = await startStandIns(unready, "haproxy");
      await expect.poll(() => proxy.log(), { timeout: 5000 }).toMatch(/replica-2 is stopping/);
      for (let i = 0; i < 10; i++) expect((await post(proxy)).status).toBe(200);
      for (const standIn of standIns) expect(posts(standIn)).toBeGreaterThan(0);
    },
  );

  itBehindHaproxy("a replica that does not answer ends nobody's wait later than its checks", async () => {
    const { proxy, standIns } = await startStandIns(hang, "haproxy");
    standIns[1].behave(succeed);
    const begun = performance.now();
    const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await post(proxy)).status));
    expect(statuses.filter((status) => status !== 200).length).toBeLessThanOrEqual(2);
    expect(performance.now() - begun).toBeLessThan(12_000);
    expect((await post(proxy)).status).toBe(200);
  });
});
