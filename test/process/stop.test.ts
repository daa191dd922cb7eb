import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request,
} from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { atOnce } from "../support/at-once.ts";
import { LONG, SLACK } from "../support/long.ts";
import { CLI, spawnServer } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const start = () => spawnServer(temporaryFolder(), { DATABASE_URL: ":memory:" });
const BODY = '{"query":"mutation { createSession { id } }"}';

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}

/** A request whose body has begun to arrive, and everything that comes back. */
function half(url: string, socket = open(url)): { socket: Socket; answer: Promise<string> } {
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY.slice(0, 9)}`,
  );
  const answer = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", () => resolve(text));
  });
  return { socket, answer };
}

/** A request on a connection that stays open. */
async function get(url: string, agent: Agent): Promise<number | undefined> {
  return (await send(url, { agent })).statusCode;
}

/** A mutation, on a new connection unless an agent has one. */
const create = (url: string, agent: Agent | false = false) =>
  send(url, { agent, method: "POST", headers: { "content-type": "application/json" } }, BODY);

function send(url: string, options: RequestOptions, body?: string) {
  return new Promise<{ statusCode?: number; headers: IncomingHttpHeaders; text: string }>(
    (resolve, reject) => {
      request(url, options, (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve({ ...pick(response), text }));
      })
        .on("error", reject)
        .end(body);
    },
  );
}

const pick = ({ statusCode, headers }: IncomingMessage) => ({ statusCode, headers });

/** Whether nobody listens any more. */
function refusesConnections(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = open(url).once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", () => resolve(true));
  });
}

const test = atOnce("a server that is told to stop");

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`by ${signal} ends with code 0 at once when it is idle, keep-alive connections or not`, async () => {
    const server = start();
    const agent = new Agent({ keepAlive: true });
    expect(await get(new URL("/livez", await server.url()).href, agent)).toBe(200);
    const begin = performance.now();
    server.kill(signal);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    // Seven seconds is what it grants to requests in flight; there are none.
    expect(performance.now() - begin).toBeLessThan(7000 + SLACK);
    agent.destroy();
  });

  test(`by ${signal} finishes the requests in flight, refuses those on new connections, and answers probes meanwhile`, async () => {
    const server = start();
    const url = await server.url();
    const probe = async (path: string) => (await fetch(new URL(path, url))).status;
    const { socket, answer } = half(url);
    // The half request has arrived before the signal, because the server has answered a later connection.
    expect(await probe("/readyz")).toBe(200);
    server.kill(signal);
    server.kill(signal);
    await expect.poll(() => probe("/readyz")).toBe(503);
    expect(await probe("/livez")).toBe(200);
    const refused = await create(url);
    expect(refused).toMatchObject({ statusCode: 503, headers: { connection: "close" } });
    expect(JSON.parse(refused.text)).toMatchObject({
      errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }],
    });
    socket.write(BODY.slice(9));
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*"createSession":\{"id":"1_/);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
}

test("answers what comes on connections that were there, and closes them when the rest is done", async () => {
  const server = start();
  const url = await server.url();
  const [first, second] = [1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 })) as [Agent, Agent];
  for (const agent of [first, second]) expect((await create(url, agent)).statusCode).toBe(200);
  const idle = open(url);
  const { socket, answer } = half(url);
  const readyz = new URL("/readyz", url).href;
  // All of that has arrived before the signal.
  expect(await get(readyz, first)).toBe(200);
  server.kill("SIGTERM");
  await expect.poll(() => get(readyz, first)).toBe(503);
  const later = half(url, idle);
  for (let i = 0; i < 3; i++) {
    const { statusCode, headers } = await create(url, first);
    expect([statusCode, headers.connection]).toEqual([200, "keep-alive"]);
  }
  socket.write(BODY.slice(9));
  await expect.poll(() => refusesConnections(url)).toBe(true);
  const { statusCode, headers } = await create(url, second);
  expect([statusCode, headers.connection]).toEqual([200, "close"]);
  later.socket.write(BODY.slice(9));
  for (const text of [await answer, await later.answer]) expect(text).toContain("createSession");
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

const DELAY = 2000;
const startDelayed = () =>
  spawnServer(temporaryFolder(), { DATABASE_URL: ":memory:", SHUTDOWN_DELAY_MS: String(DELAY) });

test("with SHUTDOWN_DELAY_MS serves new connections for so long while /readyz is 503, whatever signals come, and then stops", async () => {
  const server = startDelayed();
  const url = await server.url();
  const readyz = async () => (await fetch(new URL("/readyz", url))).json();
  expect(await readyz()).toEqual({ status: "ready" });
  const begin = performance.now();
  server.kill("SIGTERM");
  server.kill("SIGINT");
  await expect.poll(readyz).toEqual({ status: "stopping" });
  const noticed = performance.now() - begin;
  expect(noticed).toBeLessThan(DELAY / 2);
  while (performance.now() - begin < DELAY * 0.75) {
    const { statusCode, headers } = await create(url);
    // The client's own wish is to close it.
    expect([statusCode, headers.connection]).toEqual([200, "close"]);
    expect(await readyz()).toEqual({ status: "stopping" });
  }
  expect(await server.exited).toEqual({ code: 0, signal: null });
  const lasted = performance.now() - begin;
  expect(lasted).toBeGreaterThanOrEqual(DELAY);
  expect(lasted).toBeLessThan(DELAY + 7000 + SLACK);
});

test("with SHUTDOWN_DELAY_MS leaves connections open for so long, and gives requests their grace after it", async () => {
  const server = startDelayed();
  const url = await server.url();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await create(url, agent)).statusCode).toBe(200);
  const begin = performance.now();
  server.kill("SIGTERM");
  await expect.poll(() => get(new URL("/readyz", url).href, agent)).toBe(503);
  const { headers } = await create(url, agent);
  expect(headers.connection).toBe("keep-alive");
  const { socket, answer } = half(url);
  // On a new connection, once the delay is over.
  await expect.poll(async () => (await create(url)).statusCode, { timeout: DELAY + 2000 }).toBe(503);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(DELAY);
  socket.write(BODY.slice(9));
  expect(await answer).toContain("createSession");
  expect(await server.exited).toEqual({ code: 0, signal: null });
  agent.destroy();
});

test("ends although a load balancer keeps asking how it is", async () => {
  const server = start();
  const url = await server.url();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const readyz = new URL("/readyz", url).href;
  await get(readyz, agent);
  let asking = true;
  const asked = (async () => {
    while (asking) await get(readyz, agent).catch(() => {});
  })();
  const begin = performance.now();
  server.kill("SIGTERM");
  expect(await server.exited).toEqual({ code: 0, signal: null });
  // Long before the requests in flight would be given up.
  expect(performance.now() - begin).toBeLessThan(5000);
  asking = false;
  await asked;
  agent.destroy();
});

test("waits for a request that never ends no longer than its grace, and ends with code 0", async () => {
  const server = start();
  const url = await server.url();
  const { answer } = half(url);
  expect((await fetch(new URL("/readyz", url))).status).toBe(200);
  const begin = performance.now();
  server.kill("SIGTERM");
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(await answer).not.toContain("createSession");
});

for (const [why, redirection] of [
  ["because the disk is full", "2>/dev/full"],
  // A pipe that this process opens for reading, too, so that it can be opened, and that nobody reads.
  ["because nobody reads it", "2<>log"],
] as const)
  test(`with a log that cannot be written ${why} holds up nobody, and ends`, async () => {
    const folder = temporaryFolder();
    execFileSync("mkfifo", [join(folder, "log")]);
    const command = ["sh", "-c", `exec ${process.execPath} ${CLI} ${redirection}`];
    const server = spawnServer(folder, { DATABASE_URL: ":memory:", LOG_LEVEL: "trace" }, command);
    const url = await server.url();
    // More lines than a pipe holds.
    for (let i = 0; i < 600; i++) expect((await fetch(new URL("/livez", url))).status).toBe(200);
    server.kill("SIGTERM");
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

test("serves and stops when nobody reads the address", async () => {
  const server = spawnServer(temporaryFolder(), { DATABASE_URL: ":memory:" });
  server.closeOutput();
  await expect.poll(() => server.errors()).toContain('"msg":"listening"');
  server.kill("SIGTERM");
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test("ends with code 0 when the signal comes during the start", async () => {
  for (let i = 0; i < (LONG ? 5 : 2); i++) {
    const folder = temporaryFolder();
    const server = spawnServer(folder);
    await expect.poll(() => existsSync(join(folder, "data"))).toBe(true);
    server.kill("SIGTERM");
    expect(await server.exited).toEqual({ code: 0, signal: null });
  }
});

test("reaches the server through npm start, too", async () => {
  const repository = fileURLToPath(new URL("../..", import.meta.url));
  const env = { HOME: temporaryFolder(), DATABASE_URL: ":memory:" };
  // Without the build before it.
  const server = spawnServer(repository, env, ["npm", "start", "--ignore-scripts"]);
  const url = await server.url();
  server.kill("SIGTERM");
  expect(await server.exited).toEqual({ code: 0, signal: null });
  await expect(fetch(url)).rejects.toThrow();
});
