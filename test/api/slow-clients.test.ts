import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HEADERS_TIMEOUT, REQUEST_TIMEOUT } from "../../src/http/app.ts";
import { LONG } from "../support/long.ts";
import { startServer, type TestServer } from "../support/server.ts";

/** How many times shorter the deadlines are than the product's. */
const TIMES = LONG ? 1 : 10;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const http = await httpServerOf(server);
  expect([http.headersTimeout, http.requestTimeout]).toEqual([HEADERS_TIMEOUT, REQUEST_TIMEOUT]);
  http.headersTimeout /= TIMES;
  http.requestTimeout /= TIMES;
});
afterAll(() => server.close());

/** The HTTP server of Node.js within a server. */
async function httpServerOf({ origin }: TestServer): Promise<Server> {
  let found: Server | undefined;
  const note = (message: unknown) => {
    const { server } = message as { server: Server };
    if ((server.address() as AddressInfo).port === Number(new URL(origin).port)) found = server;
  };
  subscribe("http.server.request.start", note);
  await fetch(`${origin}/livez`).finally(() => unsubscribe("http.server.request.start", note));
  if (!found) throw new Error("the HTTP server was not seen");
  return found;
}

/** Sends the beginning of a request, and then a piece again and again; resolves to what is answered. */
function drip(beginning: string, piece: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST /graphql HTTP/1.1\r\nhost: localhost\r\n${beginning}`);
  const timer = setInterval(() => socket.writable && socket.write(piece), 1000 / TIMES);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  return new Promise((resolve) => {
    socket.on("error", () => {});
    socket.once("close", () => {
      clearInterval(timer);
      resolve(answer);
    });
  });
}

it.concurrent("gives up on a request that drips", async ({ expect }) => {
  const answer = await drip("content-type: application/json\r\ncontent-length: 100\r\n\r\n", " ");
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  const isCutOff = ({ msg, milliseconds }: Record<string, unknown>) =>
    msg === "request broken off" && Number(milliseconds) > (REQUEST_TIMEOUT - 1000) / TIMES;
  await expect.poll(() => server.log().filter(isCutOff)).not.toEqual([]);
});

it.concurrent("gives up on 200 connections whose headers never end, and serves others meanwhile", async ({
  expect,
}) => {
  const answers = Array.from({ length: 200 }, () => drip("x-slow: ", "x"));
  const served = await Promise.all(
    Array.from({ length: 50 }, () => server.graphql("{ videoCaller { id } }")),
  );
  expect(served.map(({ status }) => status)).toEqual(Array(50).fill(200));
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});
