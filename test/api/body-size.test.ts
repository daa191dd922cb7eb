import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BODY_LIMIT, DROPPED_LIMIT } from "../../src/http/body-size.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let sessionId: string;
beforeAll(async () => {
  server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET });
  sessionId = (await server.graphql("mutation { createSession { id } }", {}, may)).data.createSession.id;
});
afterAll(() => server.close());

const may = signedJwt(EVERYTHING);
const BATCH = `generateTokens(sessionId: $sessionId, requests: $requests) { __typename }`;
const HEAD = "mutation($sessionId: ID!, $requests: [TokenRequest!]!)";

/** Sends a body, in chunks without its length when it is a stream. */
async function post(body: BodyInit) {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${may}` },
    body,
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
  return { status: response.status, answer: JSON.parse(await response.text()) };
}

const send = (query: string, variables: object) => post(JSON.stringify({ query, variables }));

const MB = 1024 * 1024;
const chunked = (size: number) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;

/** Opens a connection and sends the head of a request. */
function beginRaw(credential: string | null, length: string, path = "/graphql"): Socket {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  // What follows a refusal may find it closed.
  socket.on("error", () => {});
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${length}\r\n` +
      `${credential === null ? "" : `authorization: Bearer ${credential}\r\n`}\r\n`,
  );
  return socket;
}

/** Sends every part of a body before it reads, as proxies may, and resolves to the answer, whether or not the connection stays. */
async function sendRaw(
  credential: string | null,
  length: string,
  parts: Iterable<string>,
  path?: string,
): Promise<string> {
  const socket = beginRaw(credential, length, path);
  for (const part of parts) await new Promise((sent) => socket.write(part, sent));
  let answer = "";
  for await (const part of socket) {
    answer += part;
    if (answer.endsWith("]}")) break;
  }
  return answer;
}

const expectRefusal = (answer: string) => {
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain("PAYLOAD_TOO_LARGE");
};

it("a body is read with every character of it, in however many pieces it comes", async () => {
  const data = Array.from({ length: 500 }, (_, i) => `${i}a${"é🙂字".repeat(100)}`);
  const query = `${HEAD} { generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { data } } }`;
  const body = JSON.stringify({
    query,
    variables: { sessionId, requests: data.map((each) => ({ data: each })) },
  });
  expect(Buffer.byteLength(body)).toBeLessThan(BODY_LIMIT);
  for (const sent of [body, new Blob([body]).stream()]) {
    const { answer } = await post(sent);
    expect(answer.data.generateTokens).toEqual(data.map((each) => ({ data: each })));
  }
});

it("many wrong values in a body are answered shortly", async () => {
  const wrong = Array.from({ length: 1000 }, () => ({ unknown: "x".repeat(400) }));
  const { answer } = await send(`${HEAD} { ${BATCH} }`, { sessionId, requests: wrong });
  expect(answer.errors[0]).toMatchObject({ extensions: { code: "BAD_USER_INPUT", argument: "requests" } });
  for (const { message } of answer.errors) expect(message.length).toBeLessThan(5000);
});

it.each([
  ["the name of the operation", (text: string) => ({ operationName: text })],
  ["the name of a member of a variable", (text: string) => ({ variables: { sessionId: { [text]: 1 } } })],
])("a body is refused soon when %s is a quotation that does not end", async (_, more) => {
  const query = `${HEAD} { ${BATCH} }`;
  const text = `"${'\\"'.repeat(1e5)}\\`;
  const { answer } = await post(
    JSON.stringify({ query, variables: { sessionId, requests: [] }, ...more(text) }),
  );
  expect(answer.errors[0].extensions.code).toMatch(/^(BAD_USER_INPUT|OPERATION_RESOLUTION_FAILURE)$/);
});

it("a body that is too large is refused at every path", async () => {
  const response = await fetch(new URL("/nowhere", server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify("x".repeat(BODY_LIMIT)),
  });
  expect(response.status).toBe(413);
});

describe("the refusal of a body", () => {
  const megabytes = Array.from({ length: 7 }, () => "x".repeat(MB));

  it.each([
    ["is of a caller", () => may, "/graphql"],
    ["is of nobody", () => null, "/nowhere"],
  ])("that %s reaches a client that sends all of it before it reads", async (_, credential, path) => {
    // Where the connection is closed at once, the answer is lost most times, but not every time.
    for (let i = 0; i < 5; i++) {
      expectRefusal(await sendRaw(credential(), `content-length: ${7 * MB}`, megabytes, path));
    }
  });

  it("reaches such a client, too, when the body does not tell its length", async () => {
    const chunks = [...Array.from({ length: 7 }, () => chunked(MB)), "0\r\n\r\n"];
    for (let i = 0; i < 5; i++) {
      expectRefusal(await sendRaw(may, "transfer-encoding: chunked", chunks));
    }
  });

  it("does not wait for the body, when its length is told", async () => {
    expectRefusal(await sendRaw(may, `content-length: ${BODY_LIMIT + 1}`, ["{"]));
  });

  it("does not wait for the end of the body, when its length is not told", async () => {
    const chunks = Array.from({ length: 9 }, () => chunked(BODY_LIMIT / 8));
    expectRefusal(await sendRaw(may, "transfer-encoding: chunked", chunks));
  });

  it("leaves the connection for the next request, as that of a small one does", async () => {
    const next = `GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
    const socket = beginRaw(may, `content-length: ${MB}`);
    socket.write("x".repeat(MB) + next);
    let answer = "";
    for await (const part of socket) answer += part;
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
  });

  it.each([
    ["with a credential", () => may],
    ["without one", () => null],
  ])("ends a body that goes on and on, %s", async (_, credential) => {
    const socket = beginRaw(credential(), `content-length: ${1000 * MB}`);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    // Not read, for the rest of the answer may be lost.
    socket.resume();
    const most = 8 * DROPPED_LIMIT;
    for (let sent = 0; sent < most && !socket.destroyed; sent += MB) {
      await Promise.race([new Promise((done) => socket.write("x".repeat(MB), done)), closed]);
    }
    expect(socket.destroyed).toBe(true);
  });
});
