import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { openDatabase } from "../../src/store/database.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import { EVERYTHING, signedJwt } from "../support/callers.ts";
import { API_SECRET } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ LOG_LEVEL: "trace" });
});
afterAll(() => server.close());

const CANARY = "canary-connection-data";

it("logs no token, no secret and no connection data, at any level, whatever goes well or wrong", async () => {
  const tokens: string[] = [];
  const sessionId = await server.createSession();
  const generate = `mutation($sessionId: ID!, $data: String, $format: TokenFormat, $expireTime: Int) {
    generateToken(sessionId: $sessionId, data: $data, format: $format, expireTime: $expireTime) { token data session { id } } }`;
  for (const format of ["JWT", "T1"]) {
    const { data } = await server.graphql(generate, { sessionId, data: CANARY, format });
    tokens.push(data.generateToken.token);
  }
  const [token = ""] = tokens;
  // Each of these is refused, with what must not be repeated in the wrong place.
  const refused = [
    await server.graphql(generate, { sessionId, data: CANARY, expireTime: 1 }),
    await server.graphql(generate, { sessionId, data: CANARY.repeat(100) }),
    await server.graphql(generate, { sessionId: token, data: CANARY }),
    await server.graphql(`mutation { createSession(location: "${token}") { id } }`),
    await server.graphql(`mutation { createSession(location: "${API_SECRET}") { id } }`),
    await server.graphql(`{ sessions(after: "${token}") { nodes { id } } }`),
    await server.graphql(generate, { sessionId, expireTime: token }),
    await server.graphql(generate, { sessionId, format: `${CANARY} and more of it` }),
    await server.graphql(generate, { sessionId, data: { secret: API_SECRET } }),
    await server.graphql(`mutation { createSession(e2ee: "${token}") { id } }`),
    await server.graphql(`mutation { createSession(e2ee: """${token}""") { id } }`),
    await server.graphql(`{ ${API_SECRET.replace("c0", "ab")} }`),
    await server.graphql(`{ "${token}" }`),
  ];
  const url = `${server.url}?query=${encodeURIComponent(`{ session(sessionId: "${token}") { id } }`)}`;
  await fetch(url, { headers: { "apollo-require-preflight": "1" } });
  await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"${token}`,
  });
  await expect.poll(() => server.log().filter(({ msg }) => msg === "request")).toHaveLength(18);

  for (const { errors } of refused) {
    expect(errors).toHaveLength(1);
    const said = JSON.stringify(errors);
    expect(said).not.toContain(token);
    expect(said).not.toContain(CANARY);
    expect(said).not.toContain(API_SECRET);
    expect(said).not.toContain(API_SECRET.slice(2));
  }
  const log = JSON.stringify(server.log());
  for (const secret of [...tokens, API_SECRET, CANARY]) expect(log).not.toContain(secret);
});

it("logs the ID of a caller, and nothing of its credential, of any that fails, or of the headers beside it", async () => {
  const file = join(temporaryFolder(), "test.db");
  const database = await openDatabase({ engine: "sqlite", file });
  const { apiKeys, close } = sqlStore(database);
  const { key, id, digest } = newApiKey();
  const claims = { scope: EVERYTHING.scope, video_grant: EVERYTHING.video_grant };
  await apiKeys.add({ id, name: "web", digest, claims, createdAt: new Date(), revokedAt: null });
  await close();
  const closed = await startServer({
    DATABASE_URL: `file:${file}`,
    NODE_ENV: "production",
    TRUST_PROXY: "loopback",
  });
  const jwt = signedJwt({ ...EVERYTHING, iss: "idp", sub: "ann" });
  const sessionId = (await closed.graphql("mutation { createSession { id } }", {}, jwt)).data.createSession
    .id;
  const generate =
    "mutation($id: ID!, $data: String) { generateToken(sessionId: $id, data: $data) { token } }";
  const forgedJwt = signedJwt({ sub: CANARY, exp: 1 });
  const forgedKey = `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`;
  const issued: string[] = [];
  for (const credential of [jwt, key, forgedJwt, forgedKey, newApiKey().key, `${CANARY}.a.b`]) {
    const { data } = await closed.graphql(generate, { id: sessionId, data: CANARY }, credential);
    if (data) issued.push(data.generateToken.token);
  }
  for (const header of ["x-forwarded-for", "x-forwarded-host", "user-agent", "traceparent", "cookie"]) {
    await fetch(closed.url, {
      method: "POST",
      headers: { [header]: CANARY, authorization: `Basic ${CANARY}` },
    });
  }
  const lines = () => closed.log().filter(({ msg }) => msg === "request");
  await expect.poll(lines).toHaveLength(12);
  const callers = lines().map(({ caller }) => caller);
  expect(callers.filter((caller) => caller !== undefined)).toEqual([
    'jwt:["idp","ann"]',
    'jwt:["idp","ann"]',
    `key:${id}`,
  ]);
  expect(issued).toHaveLength(2);
  const log = JSON.stringify(closed.log());
  for (const secret of [key.slice(-43), forgedKey.slice(-43), digest, forgedJwt, jwt, ...issued, CANARY]) {
    expect(log).not.toContain(secret);
  }
  await closed.close();
});

it("logs the text of queries at trace level, and no values", async () => {
  const queries = await server.queriesDuring(() => server.createSession());
  // The background has queries of its own.
  const insertions = queries.filter((sql) => sql.includes('"sessions"'));
  expect(insertions).toEqual([expect.stringMatching(/^insert into "sessions" .* values \((\?, )+\?\)$/)]);
});

describe("a message about a value that does not fit says where and why, and not the value", () => {
  // Shorter than what is cut for its length alone, and like what the messages are made of.
  const values = [
    { email: "bob@x.io", pin: "4711" },
    ["bob@x.io", 4711],
    [{ "bob@x.io": ' at "4711"; String cannot represent' }],
    4711,
  ];
  const literals = ['{ email: "bob@x.io", pin: "4711" }', '["bob@x.io", 4711]', "bob_4711", "4711", "4711.5"];
  const canary = /bob|4711/;
  const NOT_TEXT =
    "String cannot represent a non string value; data is a string: send JSON.stringify(…) of any other value";
  const NO_TIME =
    'DateTime cannot represent the value; an instant is a string, such as "2026-11-24T09:30:00Z"';
  const ROLES = "values are SUBSCRIBER, PUBLISHER, PUBLISHER_ONLY, MODERATOR";
  const BAN = '($d: DateTime) { banIdentity(identity: "ann", sessionId: $s, until: $d) { id } }';
  const REMOVE = '($d: BanRequest) { removeParticipant(id: "p_1", ban: $d) { id } }';
  const ONE = "($d: String) { generateToken(sessionId: $s, data: $d) { token } }";
  const MANY = "($d: [TokenRequest!]!) { generateTokens(sessionId: $s, requests: $d) { __typename } }";
  const inSession = (sessionId: string, operation: string) =>
    `mutation${operation.replace("$s", JSON.stringify(sessionId))}`;

  it.each(values.map((value) => [value]))("in a variable: %j", async (value) => {
    const sessionId = await server.createSession();
    for (const [operation, d, place, rule] of [
      [ONE, value, "", NOT_TEXT],
      [BAN, value, "", NO_TIME],
      [REMOVE, { until: "bob 4711" }, ' at "d.until"', NO_TIME],
      [MANY, [{ role: "PUBLISHER" }, { data: value }], ' at "d[1].data"', NOT_TEXT],
      [
        MANY,
        [{ data: "bob 4711", role: 5 }],
        ' at "d[0].role"',
        `Enum "Role" cannot represent non-string value; its ${ROLES}, as strings`,
      ],
      [MANY, ["bob 4711"], ' at "d[0]"', 'Expected type "TokenRequest" to be an object.'],
      [
        MANY,
        [{ data: "4711", role: "bob" }],
        ' at "d[0].role"',
        `The value does not exist in "Role" enum. Its ${ROLES}`,
      ],
      [
        MANY,
        [{ data: "4711", rolle: "bob" }],
        ' at "d[0]"',
        /^Field "rolle" is not defined by type "TokenRequest"\./,
      ],
      [MANY, [{ "bob@x.io": "4711" }], ' at "d[0]"', 'A field is not defined by type "TokenRequest".'],
      // With a body that is large, the variables are looked at before all else.
      [MANY, [{ data: "x".repeat(70_000) }, { data: value }], ' at "d[1].data"', NOT_TEXT],
    ] as const) {
      const { errors } = await server.graphql(inSession(sessionId, operation), { d });
      const begin = `Variable "$d" got invalid value${place}; `;
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
      expect(errors[0].message.slice(0, begin.length)).toBe(begin);
      expect(errors[0].message.slice(begin.length)).toEqual(
        typeof rule === "string" ? rule : expect.stringMatching(rule),
      );
      expect(JSON.stringify(errors)).not.toMatch(canary);
    }
  });

  it.each(literals)("in the document: %s", async (literal) => {
    const sessionId = await server.createSession();
    for (const [operation, rule] of [
      [`{ generateToken(sessionId: $s, data: ${literal}) { token } }`, NOT_TEXT],
      [`{ generateTokens(sessionId: $s, requests: [{ data: ${literal} }]) { __typename } }`, NOT_TEXT],
      [
        `($d: String = ${literal}) { generateToken(sessionId: $s, data: $d) { token } }`,
        "String cannot represent a non string value",
      ],
    ] as const) {
      const { errors } = await server.graphql(inSession(sessionId, operation));
      expect(errors.map(({ message }) => message)).toEqual([rule]);
      expect(errors[0].extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
      expect(JSON.stringify(errors)).not.toMatch(canary);
    }
  });

  it.each([
    [
      '{ generateToken(sessionId: "1_x", data "bob 4711") { token } }',
      'Syntax Error: Expected ":", found String.',
    ],
    [
      '{ generateToken(sessionId: "1_x", """bob 4711""") { token } }',
      "Syntax Error: Expected Name, found BlockString.",
    ],
    ['{ generateToken(sessionId: "1_x", 4711) { token } }', "Syntax Error: Expected Name, found Int."],
    [
      '{ generateTokens(sessionId: "1_x", requests: "bob 4711") { __typename } }',
      'Expected value of type "[TokenRequest!]!"',
    ],
    ['{ banIdentity(identity: "ann", until: "bob 4711") { id } }', NO_TIME],
    ['{ banIdentity(identity: "ann", until: bob_4711) { id } }', NO_TIME],
    ['{ removeParticipant(id: "p_1", ban: { until: "4711-x" }) { id } }', NO_TIME],
    [
      '{ generateToken(sessionId: "1_x", role: bob_4711) { token } }',
      `The value does not exist in "Role" enum. Its ${ROLES}`,
    ],
    [
      '{ generateToken(sessionId: "1_x", role: "bob 4711") { token } }',
      `Enum "Role" cannot represent non-enum value; its ${ROLES}, without quotes`,
    ],
    [
      '($r: TokenRequest = {}) { generateTokens(sessionId: "1_x", requests: [$r, { data: "bob 4711" }]) { __typename } }',
      'Argument "requests" has invalid value',
    ],
  ])("in another place: %s", async (operation, message) => {
    const { errors } = await server.graphql(`mutation${operation}`, { r: null });
    expect(errors.map((error) => error.message)).toEqual([message]);
    expect(JSON.stringify(errors)).not.toMatch(canary);
  });
});
