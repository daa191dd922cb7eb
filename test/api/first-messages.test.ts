import { request as httpRequest } from "node:http";
import fastify from "fastify";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refuseOtherOrigins } from "../../src/http/origins.ts";
import { serverForTest, startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let sessionId: string;
beforeAll(async () => {
  server = await startServer();
  sessionId = await server.createSession();
});
afterAll(() => server.close());

interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** The status, the first message and its code that a request gets, with no header but the given ones. */
function ask({ method = "POST", path = "/graphql", headers = {}, body }: Request, { origin } = server) {
  return new Promise<{ status?: number; allow?: string; message: string; code: string }>(
    (resolve, reject) => {
      const asked = httpRequest(new URL(origin), { method, path, headers }, async (response) => {
        const [{ message, extensions }] = JSON.parse((await response.toArray()).join("")).errors;
        const { statusCode: status, headers } = response;
        resolve({
          ...(status && { status }),
          ...(headers.allow && { allow: headers.allow }),
          message,
          code: extensions.code,
        });
      });
      asked.on("error", reject).end(body);
    },
  );
}

const JSON_TYPE = { "content-type": "application/json" };
const DOCUMENT = '{"query":"{ __typename }"}';

const NOT_JSON_TYPE = `The body must be JSON: send content-type: application/json and an object such as ${DOCUMENT}; curl -d alone sends a form`;
const EMPTY = `The body is empty; send an object such as ${DOCUMENT} with content-type: application/json`;
const NO_OBJECT = `The body must be an object with the document in query, such as ${DOCUMENT}`;
const NO_QUERY = `query is missing or empty; it must contain the document, such as ${DOCUMENT}`;
const NO_TEXT = `query must be a string with the document, such as ${DOCUMENT}`;
const LIST = "The body is a list; send one operation per request, as an object";
const FORGED =
  "Send the operation by POST with content-type: application/json; a GET needs the header apollo-require-preflight: 1, which pages of other sites cannot send";
const NOT_FOUND = "Not found; send GraphQL by POST to /graphql";
const NEARLY_FOUND = `${NOT_FOUND} exactly: in lower case, without a trailing slash, and without a prefix, which a proxy must remove`;
const NO_PROTOCOL =
  "The client must offer the subprotocol graphql-transport-ws, as the npm package graphql-ws does";
const SINGLE_QUOTE = String.raw`The body is not JSON: it begins with a single quote, which the Windows command line keeps. Write it as "{\"query\":\"{ __typename }\"}" there, or send a file with -d @body.json`;
const BARE = `The body is not JSON: names and strings need double quotes, which some shells remove; a document goes into an object, such as ${DOCUMENT}`;
const CUT_OFF = `The body is not JSON, or is cut off; send an object such as ${DOCUMENT}`;

describe("a media type that is not JSON", () => {
  it.each<[string, Record<string, string>]>([
    ["none", {}],
    ["text", { "content-type": "text/plain" }],
    ["what curl -d sends", { "content-type": "application/x-www-form-urlencoded" }],
    ["GraphQL", { "content-type": "application/graphql" }],
    ["a form with files", { "content-type": "multipart/form-data; boundary=x" }],
  ])("%s", async (_, headers) => {
    const { message, status, code } = await ask({ headers, body: DOCUMENT });
    expect([status, code, message]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE", NOT_JSON_TYPE]);
  });
});

describe("a body", () => {
  it.each([
    ["", EMPTY],
    ["[]", LIST],
    [`[${DOCUMENT}]`, LIST],
    ["null", NO_OBJECT],
    ['"canary"', NO_OBJECT],
    ["5", NO_OBJECT],
    ["{}", NO_OBJECT],
    ['{"query":""}', NO_QUERY],
    ['{"query":null}', NO_QUERY],
    ['{"mutation":"{ canary }"}', NO_QUERY],
    ['{"query":5}', NO_TEXT],
    [
      '{"query":{"kind":"Document"}}',
      "query is a parsed document; send it as text, converted with print() of the graphql package",
    ],
    [
      '{"query":"{ __typename }","variables":"{}"}',
      "variables is a string and must be an object; do not stringify it separately",
    ],
    [
      '{"query":"{ __typename }","variables":[]}',
      'variables must be an object, such as {"sessionId":"1_MX4…"}; leave it out if there are none',
    ],
    [
      '{"query":"{ __typename }","extensions":5}',
      "extensions must be an object; leave it out if there are none",
    ],
    [
      '{"query":"{ __typename }","extensions":"{}"}',
      "extensions must be an object; leave it out if there are none",
    ],
    [
      '{"query":"{ __typename }","operationName":5}',
      "operationName must be a string, the name of an operation in the document; leave it out if there is only one",
    ],
    [`'${DOCUMENT}'`, SINGLE_QUOTE],
    ["'{query:{", SINGLE_QUOTE],
    ['{“query”:"{ canary }"}', 'The body is not JSON: it has typographic quotes; write " instead'],
    ["{'query':'{ canary }'}", BARE],
    ["{query:{ canary }}", BARE],
    ["{ canary }", BARE],
    ["mutation { canary }", `The body is not JSON: a document goes into an object, such as ${DOCUMENT}`],
    ["query=%7Bcanary%7D", `The body is not JSON: a document goes into an object, such as ${DOCUMENT}`],
    ['{"query":"{ canary }"', CUT_OFF],
    ["canary", CUT_OFF],
    [
      '{"query":"{ canary }","__proto__":{}}',
      'The body must not have the names "__proto__" and "constructor"',
    ],
  ])("%j", async (body, says) => {
    const { status, code, message } = await ask({ headers: JSON_TYPE, body });
    expect([status, code, message]).toEqual([400, "BAD_REQUEST", says]);
    expect(JSON.stringify(server.log())).not.toContain("canary");
  });

  it("that is not there", async () => {
    expect(await ask({})).toMatchObject({ status: 400, message: EMPTY });
  });
});

describe("a method or a path", () => {
  it.each<[string, number, string, Request]>([
    ["GET without a document", 400, FORGED, { method: "GET" }],
    ["GET", 400, FORGED, { method: "GET", path: "/graphql?query={__typename}" }],
    ["PUT", 405, "PUT is not supported; send GraphQL by POST", { method: "PUT" }],
    ["DELETE", 405, "DELETE is not supported; send GraphQL by POST", { method: "DELETE" }],
    ["OPTIONS", 405, "OPTIONS is not supported; send GraphQL by POST", { method: "OPTIONS" }],
    ["/", 404, `${NOT_FOUND}; to serve the console here, set CONSOLE=on`, { method: "GET", path: "/" }],
    ["PUT /", 404, NOT_FOUND, { method: "PUT", path: "/" }],
    ["/canary", 404, NOT_FOUND, { path: "/canary" }],
    ["a slash at the end", 404, NEARLY_FOUND, { path: "/graphql/" }],
    ["two slashes", 404, NEARLY_FOUND, { path: "//graphql" }],
    ["a prefix", 404, NEARLY_FOUND, { path: "/canary/graphql?canary" }],
    ["a capital letter", 404, NEARLY_FOUND, { path: "/Graphql" }],
  ])("%s", async (_, status, message, request) => {
    const answer = await ask({ headers: request.method === "GET" ? {} : JSON_TYPE, ...request });
    expect(answer).toMatchObject({ status, message });
    expect(answer.allow).toBe(status === 405 ? "GET, POST" : undefined);
  });
});

it("a path of thousands of slashes is refused as fast as another", async () => {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const begun = performance.now();
    expect(await ask({ path: `${"/".repeat(15_000)}x` })).toMatchObject({ status: 404, message: NOT_FOUND });
    times.push(performance.now() - begun);
  }
  // To look at each slash from each before it takes 300 ms.
  expect(Math.min(...times)).toBeLessThan(100);
});

it("another Host than this machine", async () => {
  expect(await ask({ headers: { ...JSON_TYPE, host: "video.example.com" }, body: DOCUMENT })).toEqual({
    status: 421,
    code: "MISDIRECTED_REQUEST",
    message:
      "The Host header names another machine, but a server without authentication answers only localhost. To serve others, create an API key with stagepass keys create, or set AUTH_JWT_SECRET or AUTH_JWKS_URI. Then restart with HOST=0.0.0.0",
  });
});

it("a WebSocket, whose client sees the status alone: the log has the reason", async () => {
  const upgrade = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    "sec-websocket-protocol": "graphql-ws",
  };
  expect(await ask({ method: "GET", headers: upgrade })).toEqual({
    status: 400,
    code: "BAD_REQUEST",
    message: NO_PROTOCOL,
  });
  await expect
    .poll(() => server.log())
    .toContainEqual(expect.objectContaining({ msg: "request", status: 400, reason: NO_PROTOCOL }));
});

describe("a page of another origin", () => {
  const NOT_LISTED =
    "The page's origin is not in CORS_ORIGINS; add it, for example CORS_ORIGINS=https://app.example.com, and restart the server";
  const FILE =
    "The page has no origin for CORS_ORIGINS, because it comes from a file or a sandbox; serve it over HTTP";
  const preflight = (origin: string): Request => ({
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST" },
  });

  it.each<[string, Record<string, string>]>([
    ["none is listed", {}],
    ["another one is listed", { CORS_ORIGINS: "https://app.example.com" }],
  ])("is refused where %s, and the log names it once for many", async (_, env) => {
    const other = await serverForTest(env);
    for (let i = 0; i < 50; i++) {
      expect(await ask(preflight("http://localhost:5173"), other)).toEqual({
        status: 403,
        code: "FORBIDDEN",
        message: NOT_LISTED,
      });
    }
    expect(await ask(preflight("null"), other)).toMatchObject({ status: 403, message: FILE });
    const refused = () => other.log().filter(({ msg }) => /CORS_ORIGINS/.test(String(msg)));
    expect(refused()).toMatchObject([
      {
        level: 40,
        origin: "http://localhost:5173",
        msg: "a page was refused: its origin is not in CORS_ORIGINS",
      },
    ]);
  });

  it("is named again when the time is over", async () => {
    const lines: string[] = [];
    const app = fastify();
    refuseOtherOrigins(app, [], pino({}, { write: (line) => lines.push(line) }), 0);
    for (const origin of ["https://a.example", "https://b.example"]) {
      await app.inject({ url: "/", ...preflight(origin), method: "OPTIONS" });
    }
    expect(lines.map((line) => JSON.parse(line).origin)).toEqual(["https://a.example", "https://b.example"]);
  });

  it.each(["canary", `https://${"canary".repeat(60)}.example`, "https://x.example/canary"])(
    "is not named where it is no origin: %s",
    async (origin) => {
      const other = await serverForTest();
      expect(await ask(preflight(origin), other)).toMatchObject({ status: 403 });
      expect(other.log()).toContainEqual(expect.objectContaining({ origin: "null" }));
      expect(JSON.stringify(other.log())).not.toContain("canary");
    },
  );
});

describe("an operation", () => {
  const messageOf = async (query: string, variables = {}, operationName?: string, asked = server) => {
    const { errors } = await asked.graphql(query, variables, undefined, operationName);
    expect(errors).toHaveLength(1);
    return errors[0].message;
  };

  it.each([
    [
      'subscription { participantChanged(sessionId: "x") { id } }',
      "Subscriptions need a WebSocket: connect to the same path with the subprotocol graphql-transport-ws, as the npm package graphql-ws does",
    ],
    [
      "query A { __typename } query B { __typename }",
      "The document has several operations; send the name of one as operationName",
    ],
    [
      "{ session(sessionId: “x”) { id } }",
      'Syntax Error: Unexpected character: U+201C. Put text in straight quotes: "',
    ],
  ])("%s", async (query, says) => {
    expect(await messageOf(query)).toBe(says);
  });

  it("of a name that is none of the document's", async () => {
    expect(await messageOf("query A { __typename }", {}, "B")).toBe(
      'Unknown operation named "B". operationName must be the name of an operation in the document',
    );
  });

  const ROLES = "values are SUBSCRIBER, PUBLISHER, PUBLISHER_ONLY, MODERATOR";
  const PUBLISHER = 'Did you mean the enum value "PUBLISHER"?';
  const DATA =
    "String cannot represent a non string value; data is a string: send JSON.stringify(…) of any other value";
  const TIME =
    "Int cannot represent non-integer value; expireTime is an integer, in whole seconds since the Unix epoch; not a date, a string or a fraction";
  const MILLISECONDS =
    "Int cannot represent non 32-bit signed integer value; expireTime is in whole seconds since the Unix epoch, not in milliseconds: divide by 1000 and round down";
  const LIFETIME =
    "Int cannot represent non-integer value; expiresIn is an integer, in whole seconds, such as 3600; not a string or a fraction";

  /** An argument, its type, its value, and what is said of it in the document and in a variable. */
  const ARGUMENTS: [string, string, unknown, string, string?][] = [
    ["data", "String", { a: 1 }, DATA],
    ["data", "String", 5, DATA],
    ["data", "String", ["a"], DATA],
    ["expireTime", "Int", "2026-12-01T00:00:00Z", TIME],
    ["expireTime", "Int", "1796000000", TIME],
    ["expireTime", "Int", 1796000000.5, TIME],
    ["expireTime", "Int", 1_796_000_000_000, MILLISECONDS],
    ["expiresIn", "Int", "1h", LIFETIME],
    ["expiresIn", "Int", 1.5, LIFETIME],
    [
      "expiresIn",
      "Int",
      99_999_999_999,
      "Int cannot represent non 32-bit signed integer value; expiresIn is in whole seconds, at most 2592000, which is 30 days",
    ],
    [
      "role",
      "Role",
      "PUBLISHER",
      `Enum "Role" cannot represent non-enum value; its ${ROLES}, without quotes`,
      "",
    ],
    [
      "role",
      "Role",
      3,
      `Enum "Role" cannot represent non-enum value; its ${ROLES}, without quotes`,
      `Enum "Role" cannot represent non-string value; its ${ROLES}, as strings`,
    ],
  ];

  it.each(ARGUMENTS)("with %s: %s = %j", async (name, type, value, inDocument, inVariable = inDocument) => {
    const literal = JSON.stringify(value).replace('"a":', "a:");
    const one = (given: string) => `generateToken(sessionId: "${sessionId}", ${name}: ${given}) { token }`;
    expect(await messageOf(`mutation { ${one(literal)} }`)).toBe(inDocument);
    if (inVariable === "") return;
    expect(await messageOf(`mutation ($v: ${type}) { ${one("$v")} }`, { v: value })).toBe(
      `Variable "$v" got invalid value; ${inVariable}`,
    );
    const many = `mutation ($v: [TokenRequest!]!) { generateTokens(sessionId: "${sessionId}", requests: $v) { __typename } }`;
    expect(await messageOf(many, { v: [{ [name]: value }] })).toBe(
      `Variable "$v" got invalid value at "v[0].${name}"; ${inVariable}`,
    );
  });

  it.each([
    ["ADMIN", `The value does not exist in "Role" enum. Its ${ROLES}`],
    ["publisher", `The value does not exist in "Role" enum. ${PUBLISHER} Its ${ROLES}`],
  ])("with the role %s, in development and production", async (role, says) => {
    const production = await serverForTest({ NODE_ENV: "production" });
    for (const asked of [server, production]) {
      expect(
        await messageOf(
          `mutation { generateToken(sessionId: "x", role: ${role}) { token } }`,
          {},
          undefined,
          asked,
        ),
      ).toBe(says);
      const query = 'mutation ($role: Role) { generateToken(sessionId: "x", role: $role) { token } }';
      expect(await messageOf(query, { role }, undefined, asked)).toBe(
        `Variable "$role" got invalid value; ${says}`,
      );
    }
  });

  it("that is a mutation, sent as a query, in development and production", async () => {
    const production = await serverForTest({ NODE_ENV: "production" });
    for (const asked of [server, production]) {
      expect(await messageOf("{ createSession { sessionId } }", {}, undefined, asked)).toBe(
        'Cannot query field "createSession" on type "Query". It is a mutation: send mutation { createSession … }',
      );
    }
    expect(await messageOf("{ toString }")).toBe('Cannot query field "toString" on type "Query".');
    expect(await messageOf("{ createSesion }", {}, undefined, production)).toBe(
      'Cannot query field "createSesion" on type "Query".',
    );
  });

  it("with another enum's value in its place", async () => {
    expect(await messageOf("mutation { createSession(archiveMode: AUTO) { id } }")).toBe(
      'The value does not exist in "ArchiveMode" enum. Its values are MANUAL, ALWAYS',
    );
  });
});
