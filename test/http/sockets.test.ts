import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import fastify from "fastify";
import pino from "pino";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { followRequests } from "../../src/http/requests.ts";
import type { OpenedSocket } from "../../src/http/socket-route.ts";
import { acceptSockets, PONGS_PER_SECOND } from "../../src/http/sockets.ts";
import { STRANGER_SOCKETS_PER_ADDRESS } from "../../src/http/stranger-sockets.ts";

const MAX = 100;

/** A server that sends messages back, at `/echo` for everybody and at `/known` for those who say who they are. */
async function start() {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "info" }, { write: (line) => lines.push(JSON.parse(line)) });
  const app = fastify();
  const { drain, log } = followRequests(app, { logger, trustsProxy: null, onRequestEnd: () => {} });
  const accept = (socket: WebSocket, _request: unknown, opened: OpenedSocket) => {
    socket.on("message", (message) => {
      if (String(message) === "who") opened.know("me");
      if (String(message) === "bye") opened.close(4403, "as you say");
      socket.send(String(message));
    });
  };
  acceptSockets(app, {
    routes: [
      { path: "/echo", protocol: null, maxPayload: MAX, accept },
      { path: "/known", protocol: "known", maxPayload: MAX, authenticates: true, accept },
    ],
    corsOrigins: ["https://app.example.com", /^https:\/\/[\w-]+\.example\.org$/],
    trustsProxy: null,
    drain,
    log,
  });
  app.post("/echo", async ({ body }) => body);
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => app.close());
  const open = (path: string, protocols: string[] = [], headers: Record<string, string> = {}) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, protocols, { headers });
    onTestFinished(() => socket.terminate());
    return socket;
  };
  /** The status, and the message, that a refused socket gets; 101 if it opens. */
  const statusOf = (...asked: Parameters<typeof open>) =>
    new Promise<[number | undefined, string]>((resolve) => {
      const socket = open(...asked);
      socket.on("open", () => resolve([101, ""]));
      socket.on("unexpected-response", async (_request, response) =>
        resolve([response.statusCode, JSON.parse(await text(response)).message]),
      );
      socket.on("error", () => {});
    });
  return { app, url, drain, lines, open, statusOf };
}

it("sends messages both ways, and logs one line at the end", async () => {
  const { lines, open } = await start();
  const socket = open("/known", ["other", "known"]);
  const [[response]] = await Promise.all([once(socket, "upgrade"), once(socket, "open")]);
  expect(socket.protocol).toBe("known");
  socket.send("who");
  expect(String((await once(socket, "message"))[0])).toBe("who");
  expect(lines).toEqual([]);
  socket.send("bye");
  const [code, reason] = await once(socket, "close");
  expect([code, String(reason)]).toEqual([4403, "as you say"]);
  await expect.poll(() => lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    msg: "socket",
    requestId: response.headers["x-request-id"],
    path: "/known",
    code: 4403,
    reason: "as you say",
    caller: "me",
    milliseconds: expect.any(Number),
  });
});

it.each([
  ["another path", "/other?token=canary", [], {}, 404, /connect to \/echo and \/known, exactly/],
  ["no subprotocol", "/known", [], {}, 400, /must offer the subprotocol known/],
  ["another subprotocol", "/known", ["graphql-ws"], {}, 400, /must offer the subprotocol known/],
  ["another site", "/echo", [], { origin: "https://evil.example" }, 403, /not in CORS_ORIGINS/],
  ["a file", "/echo", [], { origin: "null" }, 403, /serve it over HTTP/],
  ["another port", "/echo", [], { origin: "http://127.0.0.1:1" }, 403, /not in CORS_ORIGINS/],
  ["a listed site", "/echo", [], { origin: "https://app.example.com" }, 101, /^$/],
  ["a listed pattern", "/echo", [], { origin: "https://pr-1.example.org" }, 101, /^$/],
  ["no browser", "/echo", [], {}, 101, /^$/],
])(
  "opens or refuses, with the reason in the answer and in the log: %s",
  async (_, path, protocols, headers, status, reason) => {
    const { lines, statusOf } = await start();
    const [answered, message] = await statusOf(path, protocols, headers);
    expect([answered, message]).toEqual([status, expect.stringMatching(reason)]);
    if (status === 101) return;
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ msg: "request", status, reason: message });
    expect(JSON.stringify(lines)).not.toContain("canary");
  },
);

it("opens for a page of this server, also behind a proxy that ends TLS", async () => {
  const { url, statusOf } = await start();
  expect(await statusOf("/echo", [], { origin: url })).toEqual([101, ""]);
  expect(await statusOf("/echo", [], { origin: url.replace("http:", "https:") })).toEqual([101, ""]);
});

const UPGRADE = "connection: upgrade\r\nupgrade: websocket";
const KEY = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";

/** What a request gets that is written as bytes. */
async function answerTo(url: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`${request}\r\n\r\n`);
  return text(socket);
}

it.each([
  ["without Upgrade, which a proxy removed", `GET /echo HTTP/1.1\r\nconnection: close\r\n${KEY}`, 426],
  ["with an old version", `GET /echo HTTP/1.1\r\n${UPGRADE}\r\n${KEY}\r\nsec-websocket-version: 8`, 426],
  ["without a key", `GET /echo HTTP/1.1\r\n${UPGRADE}\r\nsec-websocket-version: 13`, 400],
  ["by POST", `POST /echo HTTP/1.1\r\n${UPGRADE}\r\n${KEY}\r\nsec-websocket-version: 13`, 405],
])("refuses a request %s", async (_, request, status) => {
  const { url } = await start();
  expect(await answerTo(url, `${request}\r\nhost: x`)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
});

it("survives a socket behind a request without an answer, and one whose client has gone", async () => {
  const { app, url, statusOf } = await start();
  app.server.once("request", () => {});
  const upgrade = `GET /echo HTTP/1.1\r\nhost: x\r\n${UPGRADE}\r\n${KEY}\r\nsec-websocket-version: 13`;
  const body = '{"a":1}';
  const post = `POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  await answerTo(url, `${post}${upgrade}`);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(`${upgrade}\r\n\r\n`);
  socket.resetAndDestroy();
  expect(await statusOf("/echo")).toEqual([101, ""]);
});

it("serves a request that asks for HTTP/2, as Java's client does, in HTTP/1.1", async () => {
  const { url } = await start();
  const answer = await new Promise((resolve) => {
    const headers = {
      connection: "Upgrade, HTTP2-Settings",
      upgrade: "h2c",
      "http2-settings": "AA",
      "content-type": "application/json",
    };
    httpRequest(`${url}/echo`, { method: "POST", headers }, (response) => resolve(text(response))).end(
      '{"é":1}',
    );
  });
  expect(answer).toBe('{"é":1}');
});

it("closes a socket whose message is too long with 1009", async () => {
  const { lines, open } = await start();
  const socket = open("/echo");
  await once(socket, "open");
  socket.send("x".repeat(MAX + 1));
  expect((await once(socket, "close"))[0]).toBe(1009);
  await expect
    .poll(() => lines)
    .toMatchObject([{ msg: "socket", reason: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" }]);
});

it("cuts off a client that floods it with pongs", async () => {
  const { lines, open } = await start();
  const socket = open("/echo");
  await once(socket, "open");
  for (let i = 0; i <= PONGS_PER_SECOND * 2; i++) socket.pong();
  expect((await once(socket, "close"))[0]).toBe(1006);
  await expect.poll(() => lines).toMatchObject([{ reason: expect.stringMatching(/pongs in a second$/) }]);
});

it("limits the sockets of an address whose caller is unknown", async () => {
  const { open, statusOf } = await start();
  const sockets = Array.from({ length: STRANGER_SOCKETS_PER_ADDRESS }, () => open("/known", ["known"]));
  await Promise.all(sockets.map((socket) => once(socket, "open")));
  expect(await statusOf("/known", ["known"])).toEqual([503, expect.stringMatching(/^Too many sockets/)]);
  expect(await statusOf("/echo")).toEqual([101, ""]);
  sockets[0]?.send("who");
  sockets[1]?.close();
  await expect.poll(() => statusOf("/known", ["known"])).toEqual([101, ""]);
  await expect.poll(() => statusOf("/known", ["known"])).toEqual([101, ""]);
  expect((await statusOf("/known", ["known"]))[0]).toBe(503);
});

it("closes with 1001 when the stop begins, and waits for no socket", async () => {
  const { drain, open } = await start();
  const [polite, deaf] = [open("/echo"), open("/echo")];
  await Promise.all([once(polite, "open"), once(deaf, "open")]);
  deaf.pause();
  const closed = once(polite, "close");
  const begin = performance.now();
  await drain.finish(7000);
  expect(performance.now() - begin).toBeLessThan(2000);
  const [code] = await closed;
  expect(code).toBe(1001);
});
