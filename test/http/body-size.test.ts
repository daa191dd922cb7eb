import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BATCH_BODY_LIMIT } from "../../src/http/body-size.ts";
import { DROPPED_LIMIT } from "../../src/http/unread-body.ts";
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
const mayNot = signedJwt({
  ...EVERYTHING,
  scope: "sessions:create sessions:read tokens:inspect ledger:read",
});

const LARGE = 64 * 1024 + 1;
const BATCH = `generateTokens(sessionId: $sessionId, requests: $requests) { __typename }`;
const HEAD = "mutation($sessionId: ID!, $requests: [TokenRequest!]!)";

/** Sends a body, in chunks without its length when it is a stream. */
async function post(body: BodyInit, credential = may) {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${credential}` },
    body,
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
  return { status: response.status, answer: JSON.parse(await response.text()) };
}

const send = (query: string, variables: object, credential?: string, more: object = {}) =>
  post(JSON.stringify({ query, variables, ...more }), credential);

const requests = Array.from({ length: 100 }, () => ({ data: "x".repeat(1000) }));
const sessions = async () =>
  (await server.graphql("{ sessions(first: 100) { nodes { id } } }", {}, may)).data.sessions.nodes.length;
const issued = async () =>
  (
    await server.graphql(
      "query($id: ID!) { session(sessionId: $id) { issuedTokens(first: 100) { nodes { id } } } }",
      { id: sessionId },
      may,
    )
  ).data.session.issuedTokens.nodes.length;

/** That an answer refuses a body for its size. */
const expectTooLarge = ({ status, answer }: Awaited<ReturnType<typeof post>>) => {
  expect(status).toBe(413);
  expect(answer.errors).toMatchObject([{ extensions: { code: "PAYLOAD_TOO_LARGE" } }]);
  expect(answer.data).toBeUndefined();
};

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

describe("a body of more than 64 KB", () => {
  it("is for a batch of tokens, and for one in a fragment", async () => {
    const fragment = `${HEAD} { ... on Mutation { ...F } } fragment F on Mutation { ${BATCH} }`;
    for (const query of [`${HEAD} { ${BATCH} }`, fragment]) {
      const { status, answer } = await send(query, { sessionId, requests });
      expect([status, answer.errors]).toEqual([200, undefined]);
      expect(answer.data.generateTokens).toHaveLength(100);
    }
  });

  it("is read with every character of it, wherever it is divided", async () => {
    const data = Array.from({ length: 1000 }, (_, i) => `${i}a${"é🙂字".repeat(249)}`);
    const query = `${HEAD} { generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { data } } }`;
    const { answer } = await send(query, { sessionId, requests: data.map((each) => ({ data: each })) });
    expect(answer.data.generateTokens).toEqual(data.map((each) => ({ data: each })));
  });

  it("is refused for every other operation, before it is executed", async () => {
    const before = await sessions();
    expectTooLarge(await send("mutation { createSession { id } }", { padding: "x".repeat(LARGE) }));
    const aliased = "mutation { generateTokens: createSession { id } }";
    expectTooLarge(await send(aliased, { padding: "x".repeat(LARGE) }));
    expectTooLarge(
      await send("{ sessions { nodes { id } } }", {}, may, { extensions: { x: "x".repeat(LARGE) } }),
    );
    const two = `mutation Create { createSession { id } } ${HEAD.replace("mutation", "mutation Batch")} { ${BATCH} }`;
    expectTooLarge(await send(two, { sessionId, requests }, may, { operationName: "Create" }));
    expect(await sessions()).toBe(before);
    expect((await send(two, { sessionId, requests }, may, { operationName: "Batch" })).status).toBe(200);
  });

  it("is refused from a caller who may not create tokens, whether or not it tells its length", async () => {
    const body = JSON.stringify({ query: `${HEAD} { ${BATCH} }`, variables: { sessionId, requests } });
    const before = await issued();
    expectTooLarge(await post(body, mayNot));
    expectTooLarge(await post(new Blob([body]).stream(), mayNot));
    expect(await issued()).toBe(before);
    expect((await post(new Blob([body]).stream())).status).toBe(200);
  });

  it("is refused from such a caller before it is read", async () => {
    expectRefusal(await sendRaw(mayNot, `content-length: ${LARGE}`, ["{"]));
  });

  it("is broken off where it becomes too large for such a caller, when it does not tell its length", async () => {
    // It does not end here.
    const chunks = Array.from({ length: 9 }, () => chunked(8 * 1024));
    expectRefusal(await sendRaw(mayNot, "transfer-encoding: chunked", chunks));
  });

  it("that does not tell its length and is small is read from such a caller, too", async () => {
    const body = JSON.stringify({ query: "{ __typename }", variables: { padding: "x".repeat(60_000) } });
    expect((await post(new Blob([body]).stream(), mayNot)).status).toBe(200);
  });

  it("is refused with the first error when its variables do not fit", async () => {
    const unknown = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, 1]));
    const wrong = [{ data: "x".repeat(5_000_000), ...unknown }];
    const { status, answer } = await send(`${HEAD} { ${BATCH} }`, { sessionId, requests: wrong });
    expect(status).toBe(200);
    expect(answer.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "requests" } }]);
    expect(answer.errors[0].message.length).toBeLessThan(5000);
  });

  it.each([
    ["the name of the operation", (text: string) => ({ operationName: text })],
    ["the name of a member of a variable", (text: string) => ({ variables: { sessionId: { [text]: 1 } } })],
  ])("is refused soon when %s is a quotation that does not end", async (_, more) => {
    const body = {
      query: `${HEAD} { ${BATCH} }`,
      variables: { sessionId, requests },
      ...more(`"${'\\"'.repeat(1e6)}\\`),
    };
    const { answer } = await post(JSON.stringify(body));
    expect(answer.errors).toHaveLength(1);
  });

  it("is refused when most of it is the text of the query", async () => {
    const query = `${HEAD} { ${BATCH} }`;
    const variables = { sessionId, requests };
    expectTooLarge(await send(`${query} #${"x".repeat(LARGE - query.length - 2)}`, variables));
    // It counts in bytes.
    expectTooLarge(await send(`${query} #${"字".repeat(LARGE / 3)}`, variables));
    expect((await send(`${query} #${"x".repeat(LARGE - query.length - 3)}`, variables)).status).toBe(200);
  });

  it("is refused when it has more values than a thousand requests need", async () => {
    const many = Array.from({ length: 60_000 }, () => ({}));
    expectTooLarge(await send(`${HEAD} { ${BATCH} }`, { sessionId, requests: many }));
  });

  it("is refused at every other path", async () => {
    const response = await fetch(new URL("/nowhere", server.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify("x".repeat(LARGE)),
    });
    expect(response.status).toBe(413);
  });
});

it("a body of more than a thousand requests can need is refused", async () => {
  const body = JSON.stringify({
    query: `${HEAD} { ${BATCH} }`,
    variables: { sessionId, requests: [] },
    padding: "x".repeat(BATCH_BODY_LIMIT),
  });
  expectTooLarge(await post(body));
});

describe("the refusal of a body", () => {
  const megabytes = Array.from({ length: 7 }, () => "x".repeat(MB));

  it.each([
    ["is too large for its caller", () => mayNot, "/graphql"],
    ["is too large for anybody", () => may, "/graphql"],
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
      expectRefusal(await sendRaw(mayNot, "transfer-encoding: chunked", chunks));
    }
  });

  it("leaves the connection for the next request, as that of a small one does", async () => {
    const next = `GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
    const socket = beginRaw(mayNot, `content-length: ${MB}`);
    socket.write("x".repeat(MB) + next);
    let answer = "";
    for await (const part of socket) answer += part;
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
  });

  it.each([
    ["with a credential", () => mayNot],
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
