import { executeSync, getIntrospectionQuery, parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSchema } from "../../src/graphql/schema.ts";
import { BODY_LIMIT } from "../../src/http/body-size.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { LONG } from "../support/long.ts";
import { RawConnection, rawRequest } from "../support/raw-requests.ts";
import { startServer, type TestServer } from "../support/server.ts";

const one = signedJwt({ ...EVERYTHING, sub: "one" });
const other = signedJwt({ ...EVERYTHING, sub: "other" });
const MB = 1024 * 1024;
const SMALL = JSON.stringify({ query: "{ videoCaller { id } }" });

const RATE_LIMITED = { errors: [{ extensions: { code: "RATE_LIMITED", retryAfterSeconds: 1 } }] };

async function start(env: Record<string, string> = {}): Promise<TestServer> {
  return startServer({
    AUTH_JWT_SECRET: JWT_SECRET,
    TOKENS_PER_MINUTE: "9999999",
    LOG_LEVEL: "info",
    ...env,
  });
}

async function within(env: Record<string, string>, act: (server: TestServer) => Promise<void>) {
  const server = await start(env);
  try {
    await act(server);
  } finally {
    await server.close();
  }
}

/** Sends a body, in chunks without its length when it is a stream. */
async function post(server: TestServer, body: BodyInit, credential = one) {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${credential}` },
    body,
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, answer: JSON.parse(text) };
}

/** On a connection that is closed afterwards, so that it counts no more. */
async function status(server: TestServer, credential: string): Promise<number> {
  const connection = new RawConnection(server.origin);
  connection.socket.write(rawRequest(SMALL, credential));
  const answer = await connection.answer();
  connection.destroy();
  return answer.status;
}

/** A request of so many bytes that is in flight until its last byte is sent. */
function held(server: TestServer, length = SMALL.length) {
  const connection = new RawConnection(server.origin);
  connection.socket.write(rawRequest(SMALL.slice(0, -1).padEnd(length - 1), one, length));
  return { connection, end: () => connection.socket.write("}") };
}

/** A text that is sent in two pieces. */
const streamed = (text: string) =>
  new ReadableStream({
    start(controller) {
      const bytes = new TextEncoder().encode(text);
      controller.enqueue(bytes.subarray(0, 1000));
      controller.enqueue(bytes.subarray(1000));
      controller.close();
    },
  });

describe("one request", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  it.each([
    ["with its length", (text: string) => text],
    ["in chunks", streamed],
  ])("may have a body of 512 KB, %s, and not one byte more", async (_, form) => {
    expect(BODY_LIMIT).toBe(512 * 1024);
    expect((await post(server, form(SMALL.padEnd(BODY_LIMIT)))).status).toBe(200);
    const { status, answer } = await post(server, form(SMALL.padEnd(BODY_LIMIT + 1)));
    expect([status, answer]).toMatchObject([
      413,
      {
        errors: [
          {
            message: expect.stringMatching(/512 KB; split it: .*fewer tokens in each generateTokens/),
            extensions: { code: "PAYLOAD_TOO_LARGE" },
          },
        ],
      },
    ]);
  });

  it("may have a document of 65,536 characters, and not one more", async () => {
    const send = (length: number) =>
      post(server, JSON.stringify({ query: "{ videoCaller { id } }".padEnd(length) }));
    expect((await send(65_536)).status).toBe(200);
    const { status, answer } = await send(65_537);
    expect([status, answer]).toMatchObject([
      413,
      { errors: [{ message: expect.stringContaining("send long values in variables") }] },
    ]);
  });

  it.each([
    [
      "an alias of 50 characters",
      `{ videoCaller { ${"a".repeat(50)}: id } }`,
      `{ videoCaller { ${"a".repeat(51)}: id } }`,
    ],
    [
      "an alias of 50 characters in a fragment",
      `{ videoCaller { ...F } } fragment F on VideoCaller { ${"a".repeat(50)}: id }`,
      `{ videoCaller { ...F } } fragment F on VideoCaller { ${"a".repeat(51)}: id }`,
    ],
    [
      "20 uses of one field",
      `{ videoCaller { ${"id ".repeat(20)} } }`,
      `{ videoCaller { ${"id ".repeat(21)} } }`,
    ],
    [
      "one field that asks for the schema",
      "{ __schema { types { name } } }",
      '{ __schema { types { name } } __type(name: "Query") { name } }',
    ],
    [
      "an alias on a field that asks for the schema, not inside",
      "{ a: __schema { types { name } } }",
      "{ __schema { types { a: name } } }",
    ],
    [
      "no alias inside in a fragment",
      "{ __schema { ...F } } fragment F on __Schema { types { name } }",
      "{ __schema { ...F } } fragment F on __Schema { types { a: name } }",
    ],
  ])("may have %s, and no more", async (_, accepted, refused) => {
    expect(await server.graphql(accepted, {}, one)).toMatchObject({ status: 200, errors: [] });
    const { data, errors } = await server.graphql(refused, {}, one);
    expect([data, errors[0].extensions.code]).toEqual([undefined, "GRAPHQL_VALIDATION_FAILED"]);
  });

  it("is answered from memory as GraphQL would answer it, where it asks for the schema", async () => {
    const schema = createSchema();
    const full = getIntrospectionQuery();
    const short = '{ __type(name: "Role") { name enumValues { name } } }';
    const forms: [string, string?][] = [
      [full],
      [full.replace("IntrospectionQuery", "OtherName")],
      [short],
      [`query A ${short} query B { __schema { queryType { name } } }`, "A"],
      [`query A ${short} query B { __schema { queryType { name } } }`, "B"],
      ["{ ...F } fragment F on Query { __schema { ...G } } fragment G on __Schema { types { name } }"],
      ["{ ...F } fragment F on Query { __schema { ...G } } fragment G on __Schema { types { kind } }"],
      ['{ ... on Query { a: __type(name: "Query") { name } } }'],
      ['{ __type(name: "None") { name } }'],
    ];
    for (let round = 0; round < 3; round++) {
      for (const [query, operationName] of round === 1 ? forms.toReversed() : forms) {
        const { data, errors } = await server.graphql(query, {}, one, operationName);
        const expected = executeSync({
          schema,
          document: parse(query),
          ...(operationName && { operationName }),
        });
        expect([data, errors]).toEqual([JSON.parse(JSON.stringify(expected.data)), []]);
      }
    }
  });
});

describe("what a caller has in flight", () => {
  it("is so many requests, and there is room again when they end", async () => {
    await within({ MAX_REQUESTS_PER_CALLER: "3" }, async (server) => {
      const all = [held(server), held(server), held(server)];
      await expect.poll(() => status(server, one)).toBe(429);
      const { status: refused, headers, answer } = await post(server, SMALL);
      expect([refused, answer, headers.get("retry-after")]).toMatchObject([429, RATE_LIMITED, "1"]);
      expect(await status(server, other)).toBe(200);
      for (const each of all) each.end();
      for (const { connection } of all) expect((await connection.answer()).status).toBe(200);
      expect(await status(server, one)).toBe(200);
      for (const { connection } of all) connection.destroy();
    });
  });

  it("is so many bytes, of bodies that are not there yet", async () => {
    await within({ MAX_MEGABYTES_PER_CALLER: "5" }, async (server) => {
      const all = Array.from({ length: 9 }, () => held(server, BODY_LIMIT));
      // The answer of 2 KB needs room, too.
      const exact = held(server, BODY_LIMIT);
      await expect.poll(() => status(server, one)).toBe(429);
      expect(await status(server, other)).toBe(200);
      const { status: refused, headers, answer } = await post(server, SMALL);
      expect([refused, answer, headers.get("retry-after")]).toMatchObject([429, RATE_LIMITED, "1"]);
      exact.connection.destroy();
      await expect.poll(() => status(server, one)).toBe(200);
      for (const each of all) each.end();
      for (const { connection } of all) expect((await connection.answer()).status).toBe(200);
      for (const { connection } of all) connection.destroy();
    });
  });

  it("is so many connections; one too many is closed", async () => {
    await within({ MAX_CONNECTIONS_PER_CALLER: "2" }, async (server) => {
      const connect = async (credential = one) => {
        const connection = new RawConnection(server.origin);
        connection.socket.write(rawRequest(SMALL, credential));
        return { connection, answer: await connection.answer() };
      };
      const first = await connect();
      const second = await connect();
      expect([first.answer.status, second.answer.status]).toEqual([200, 200]);
      const third = await connect();
      expect(third.answer).toMatchObject({
        status: 429,
        headers: { "retry-after": "1", connection: "close" },
        body: RATE_LIMITED,
      });
      await expect.poll(() => third.connection.closed).toBe(true);
      const others = await connect(other);
      expect(others.answer.status).toBe(200);
      // The two that it has go on; one of them becomes the other caller's, and makes room.
      first.connection.socket.write(rawRequest(SMALL, one));
      expect((await first.connection.answer()).status).toBe(200);
      second.connection.socket.write(rawRequest(SMALL, other));
      expect((await second.connection.answer()).status).toBe(200);
      const fourth = await connect();
      expect(fourth.answer.status).toBe(200);
      expect((await connect()).answer.status).toBe(429);
      first.connection.destroy();
      await expect.poll(() => status(server, one)).toBe(200);
      for (const { connection } of [second, others, fourth]) connection.destroy();
    });
  });

  it("is no connection of a proxy that is trusted", async () => {
    await within({ MAX_CONNECTIONS_PER_CALLER: "1", TRUST_PROXY: "127.0.0.1" }, async (server) => {
      const all = Array.from({ length: 5 }, () => new RawConnection(server.origin));
      for (const { socket } of all) socket.write(rawRequest(SMALL, one));
      for (const each of all) expect((await each.answer()).status).toBe(200);
      for (const each of all) each.destroy();
    });
  });
});

const BATCH = (selection: string) => `mutation($id: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $id, requests: $requests) { ... on ConnectionToken { ${selection} } }
}`;

async function session(server: TestServer) {
  const { data } = await server.graphql("mutation { createSession { id } }", {}, one);
  const id: string = data.createSession.id;
  const issued = async (): Promise<string[]> => {
    const query = `query($id: ID!) { session(sessionId: $id) { issuedTokens(first: 1) { totalCount nodes { id } } } }`;
    const answer = await server.graphql(query, { id }, one);
    const { totalCount, nodes } = answer.data.session.issuedTokens;
    return [String(totalCount), ...nodes.map((node: { id: string }) => node.id)];
  };
  return { id, issued };
}

describe("batches", () => {
  it("that are more than a caller may have in flight at once are refused, and issue nothing", async () => {
    await within({ MAX_MEGABYTES_PER_CALLER: "5" }, async (server) => {
      const { id, issued } = await session(server);
      const requests = Array(1000).fill({});
      const body = JSON.stringify({ query: BATCH("token"), variables: { id, requests } });
      const answers = await Promise.all(Array.from({ length: 8 }, () => post(server, body)));
      const accepted = answers.filter(({ status }) => status === 200);
      const refused = answers.filter(({ status }) => status !== 200);
      expect(accepted.length).toBeGreaterThan(0);
      expect(refused.length).toBeGreaterThan(0);
      for (const { status, headers, answer } of refused) {
        expect([status, headers.get("retry-after")]).toEqual([429, "1"]);
        expect(answer).toMatchObject(RATE_LIMITED);
        expect(answer.data).toBeUndefined();
      }
      expect((await issued())[0]).toBe(String(accepted.length * 1000));
      // There is room again.
      expect((await post(server, body)).status).toBe(200);
    });
  });

  it.each(
    [
      ["JWT", "中"],
      ["T1", "%"],
      ["JWT", "\u0001"],
      ["JWT", "%"],
      ["T1", "中"],
      ["T1", "\u0001"],
    ].slice(0, LONG ? 6 : 2) as [string, string][],
  )(
    "are answered with at most 4 MB, in %s with data of %j",
    async (format, character) => {
      await within({}, async (server) => {
        const { id, issued } = await session(server);
        const bytes = Buffer.byteLength(JSON.stringify(character)) - 2;
        /** As many requests, with the longest data that fits into the body with them. */
        const bodyOf = (size: number, names: string) => {
          const query = BATCH(names);
          const rest = Buffer.byteLength(JSON.stringify({ query, variables: { id, requests: [] } }));
          const each = Math.floor((BODY_LIMIT - rest) / size) - `{"format":"JWT","data":""},`.length;
          const data = character.repeat(Math.max(0, Math.min(1000, Math.floor(each / bytes))));
          return JSON.stringify({ query, variables: { id, requests: Array(size).fill({ format, data }) } });
        };
        const alias = (field: string, i: number) => `${`a${i}${field}_`.padEnd(50, "x")}: ${field}`;
        let largest = 0;
        for (const field of ["token", "data", "createdAt"]) {
          for (const others of ["", "token data sessionId role initialLayoutClassList expireTime"]) {
            const send = (size: number, aliases: number) => {
              const names = Array.from({ length: aliases }, (_, i) => alias(field, i)).join(" ");
              return post(server, bodyOf(size, `${others} ${names}`));
            };
            const check = async (size: number, aliases: number): Promise<boolean> => {
              const before = await issued();
              const { status, text, answer } = await send(size, aliases);
              if (status === 200) {
                expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4 * MB);
                largest = Math.max(largest, Buffer.byteLength(text));
                return true;
              }
              expect([status, answer.errors[0].extensions.code]).toEqual([400, "GRAPHQL_VALIDATION_FAILED"]);
              expect(await issued()).toEqual(before);
              return false;
            };
            for (const aliases of [1, 15]) {
              // The most requests that are accepted under so many aliases, to a tenth of them in the long form.
              let [accepted, refused] = [0, 1001];
              while (refused - accepted > Math.max(1, accepted / (LONG ? 10 : 2))) {
                const size = Math.floor((accepted + refused) / 2);
                if (await check(size, aliases)) accepted = size;
                else refused = size;
              }
            }
          }
        }
        expect(largest).toBeGreaterThan(MB / 2);
      });
    },
    120_000,
  );
});
