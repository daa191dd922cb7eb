import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BATCH_BODY_LIMIT } from "../../src/http/body-size.ts";
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
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${mayNot}\r\n` +
        `content-type: application/json\r\ncontent-length: ${LARGE}\r\n\r\n{`,
    );
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain("PAYLOAD_TOO_LARGE");
  });

  it("is broken off where it becomes too large for such a caller, when it does not tell its length", async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const chunk = `2000\r\n${"x".repeat(0x2000)}\r\n`;
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${mayNot}\r\n` +
        `content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(9)}`,
    );
    let answer = "";
    // It does not end here.
    for await (const part of socket) answer += part;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain("PAYLOAD_TOO_LARGE");
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
  // The connection may end while the client still sends.
  const refused = await post(body).then(
    (answer) => answer.status,
    () => 413,
  );
  expect(refused).toBe(413);
});
