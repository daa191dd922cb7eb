import { join } from "node:path";
import jwt from "jsonwebtoken";
import Libsql from "libsql";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { acceptedAt, refusedAt } from "../support/grants.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Late in its second, so that rounding up would show. */
const now = new Date(1_795_500_000_999);
const nowSeconds = 1_795_500_000;
const DAY = 86_400;

const GENERATE_MANY = `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $sessionId, requests: $requests) {
    __typename
    ... on ConnectionToken { token sessionId applicationId role data initialLayoutClassList format createdAt
      expiresAt expireTime }
    ... on TokenRefusal { code message argument } } }`;
const ISSUED = `query($id: ID!, $after: String) { session(sessionId: $id) {
  issuedTokens(first: 100, after: $after) { nodes { id issuedAt } pageInfo { hasNextPage endCursor } } } }`;

type Request = Record<string, unknown>;
const count = <T>(size: number, item: (i: number) => T) => Array.from({ length: size }, (_, i) => item(i));
const claims = (token: string) =>
  jwt.verify(token, API_SECRET, { algorithms: ["HS256"], clockTimestamp: nowSeconds }) as jwt.JwtPayload;

const servers: TestServer[] = [];
afterEach(async () => {
  for (const other of servers.splice(0)) await other.close();
});
async function start(env: Record<string, string> = {}, at = () => now): Promise<TestServer> {
  const other = await startServer(env, at);
  servers.push(other);
  return other;
}

/** The records of a session, the oldest first. */
async function recordsOf(of: TestServer, id: string, credential?: string) {
  const records: { id: string; issuedAt: string }[] = [];
  let after: string | null = null;
  do {
    const { data } = await of.graphql(ISSUED, { id, after }, credential);
    const { nodes, pageInfo } = data.session.issuedTokens;
    records.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after);
  return records.reverse();
}

let server: TestServer;
let sessionId: string;
beforeAll(async () => {
  server = await startServer({}, () => now);
  sessionId = await server.createSession();
});
afterAll(() => server.close());

const generate = (requests: Request[]) => server.graphql(GENERATE_MANY, { sessionId, requests });

describe("generateTokens", () => {
  it("gives each request its own outcome, in the order asked for", async () => {
    const requests = [
      { role: "MODERATOR", data: "first" },
      { data: "x".repeat(1001) },
      { role: null, data: null, expireTime: null, initialLayoutClassList: null, format: null },
      { expireTime: nowSeconds },
      { role: "SUBSCRIBER", expireTime: nowSeconds + 60, initialLayoutClassList: ["focus", "full"] },
      { initialLayoutClassList: ["a b"] },
      { format: "T1", data: "seventh" },
    ];
    const { status, data, errors } = await generate(requests);
    expect([status, errors]).toEqual([200, []]);
    const known = {
      __typename: "ConnectionToken",
      token: expect.any(String),
      sessionId,
      applicationId: API_KEY,
      role: "PUBLISHER",
      data: null,
      initialLayoutClassList: [],
      format: "JWT",
      createdAt: new Date(nowSeconds * 1000).toISOString(),
      expiresAt: new Date((nowSeconds + DAY) * 1000).toISOString(),
      expireTime: nowSeconds + DAY,
    };
    const refused = (argument: string) => ({
      __typename: "TokenRefusal",
      code: "BAD_USER_INPUT",
      message: expect.stringContaining(argument),
      argument,
    });
    expect(data.generateTokens).toEqual([
      { ...known, role: "MODERATOR", data: "first" },
      refused("data"),
      known,
      refused("expireTime"),
      {
        ...known,
        role: "SUBSCRIBER",
        expireTime: nowSeconds + 60,
        expiresAt: new Date((nowSeconds + 60) * 1000).toISOString(),
        initialLayoutClassList: ["focus", "full"],
      },
      refused("initialLayoutClassList"),
      { ...known, format: "T1", data: "seventh" },
    ]);
    expect(claims(data.generateTokens[0].token)).toMatchObject({
      role: "moderator",
      connection_data: "first",
    });
    expect(claims(data.generateTokens[4].token)).toMatchObject({
      role: "subscriber",
      exp: nowSeconds + 60,
      initial_layout_class_list: "focus full",
    });
    const { data: inspected } = await server.graphql(
      `{ inspectToken(token: "${data.generateTokens[6].token}") { status data format } }`,
    );
    expect(inspected.inspectToken).toEqual({ status: "ACTIVE", data: "seventh", format: "T1" });
  });

  it("accepts and refuses exactly what generateToken does", async () => {
    const accepted = acceptedAt(nowSeconds).map(([, request]) => request);
    const refused = refusedAt(nowSeconds);
    const { data } = await generate([...accepted, ...refused.map(([, request]) => request)]);
    for (const [i, request] of accepted.entries()) expect(data.generateTokens[i]).toMatchObject(request);
    for (const [i, [argument]] of refused.entries()) {
      expect(data.generateTokens[accepted.length + i]).toMatchObject({ code: "BAD_USER_INPUT", argument });
    }
  });

  it("makes a thousand tokens, with characters of three bytes in each", async () => {
    const id = await server.createSession();
    const requests = count(1000, (i) => ({ data: `${i}`.padEnd(20, "字") }));
    const { data, errors } = await server.graphql(GENERATE_MANY, { sessionId: id, requests });
    expect(errors).toEqual([]);
    const tokens: { token: string; data: string }[] = data.generateTokens;
    expect(tokens.map((token) => token.data)).toEqual(requests.map((request) => request.data));
    const all = tokens.map(({ token }) => claims(token));
    expect(all.map((each) => each.connection_data)).toEqual(requests.map((request) => request.data));
    expect(new Set(all.map(({ jti }) => jti)).size).toBe(1000);
    expect((await recordsOf(server, id)).map((record) => record.id)).toEqual(all.map(({ jti }) => jti));
  });

  it("takes requests that are written into the document, and one that is no list", async () => {
    const { data } = await server.graphql(
      `mutation { list: generateTokens(sessionId: "${sessionId}", requests: [{}, { role: MODERATOR }]) { ...R }
        one: generateTokens(sessionId: "${sessionId}", requests: { role: SUBSCRIBER }) { ...R } }
        fragment R on ConnectionToken { role }`,
    );
    expect(data).toEqual({
      list: [{ role: "PUBLISHER" }, { role: "MODERATOR" }],
      one: [{ role: "SUBSCRIBER" }],
    });
  });

  it("gives an empty list for an empty list, and records nothing", async () => {
    const queries = await server.queriesDuring(async () => {
      expect(await generate([])).toMatchObject({ data: { generateTokens: [] }, errors: [] });
    });
    expect(queries.filter((sql) => sql.startsWith("insert"))).toEqual([]);
  });

  it("issues all of them at one instant, and records them with one query", async () => {
    let seconds = nowSeconds;
    const other = await start({}, () => new Date(1000 * seconds++));
    const id = await other.createSession();
    const requests = count(120, (i) => ({ data: `${i}` }));
    const queries = await other.queriesDuring(() =>
      other.graphql(GENERATE_MANY, { sessionId: id, requests }),
    );
    expect(queries.filter((sql) => /^insert into issued_tokens/.test(sql))).toHaveLength(1);
    const records = await recordsOf(other, id);
    expect(records).toHaveLength(120);
    expect(new Set(records.map(({ issuedAt }) => issuedAt)).size).toBe(1);
  });

  it("looks the session of all of them up in one query", async () => {
    const query = `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
      generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { session { id mediaMode } } } }`;
    const queries = await server.queriesDuring(async () => {
      const { data } = await server.graphql(query, { sessionId, requests: count(150, () => ({})) });
      expect(data.generateTokens).toEqual(
        count(150, () => ({ session: { id: sessionId, mediaMode: "RELAYED" } })),
      );
    });
    expect(queries.filter((sql) => sql.includes('from "sessions"'))).toHaveLength(1);
  });
});

describe("what one of many is refused for", () => {
  const grant = { roles: ["PUBLISHER"], names: ["standup"], maxLifetime: 600 };
  const bound = signedJwt({
    sub: "bound",
    scope: "sessions:create tokens:create",
    video_grant: grant,
    exp: nowSeconds + 3600,
  });

  it("is a role and a lifetime that the caller may not grant; the name of the session is looked up once", async () => {
    const other = await start({ AUTH_JWT_SECRET: JWT_SECRET });
    const ensured = await other.graphql('mutation { ensureSession(name: "standup") { id } }', {}, bound);
    const { id } = ensured.data.ensureSession;
    const requests = [
      ...count(70, () => ({})),
      { role: "MODERATOR" },
      { expireTime: nowSeconds + 600 },
      { expireTime: nowSeconds + 601 },
    ];
    const queries = await other.queriesDuring(async () => {
      const { data, errors } = await other.graphql(GENERATE_MANY, { sessionId: id, requests }, bound);
      expect(errors).toEqual([]);
      expect(data.generateTokens.slice(0, 70)).toEqual(
        count(70, () => expect.objectContaining({ expireTime: nowSeconds + 600 })),
      );
      expect(data.generateTokens.slice(70)).toEqual([
        {
          __typename: "TokenRefusal",
          code: "FORBIDDEN",
          message: expect.stringContaining("MODERATOR"),
          argument: null,
        },
        expect.objectContaining({ __typename: "ConnectionToken" }),
        {
          __typename: "TokenRefusal",
          code: "FORBIDDEN",
          message: expect.stringContaining("600 seconds"),
          argument: null,
        },
      ]);
    });
    expect(queries.filter((sql) => sql.includes('from "sessions"'))).toHaveLength(1);
  });

  it("is not recorded, and neither it nor a token nor any data is logged", async () => {
    const other = await start({ LOG_LEVEL: "trace" });
    const id = await other.createSession();
    const canary = "canary-connection-data";
    const requests = [{ data: canary }, { data: canary.repeat(100) }, { data: canary, expireTime: 1 }];
    const { data } = await other.graphql(GENERATE_MANY, { sessionId: id, requests });
    const [{ token }, ...refusals] = data.generateTokens;
    expect((await recordsOf(other, id)).map((record) => record.id)).toEqual([claims(token).jti]);
    expect(JSON.stringify(refusals)).not.toContain(canary);
    const log = JSON.stringify(other.log());
    expect(log).not.toContain(canary);
    expect(log).not.toContain(token);
  });
});

describe("what refuses all of them, with nothing issued or recorded", () => {
  const expectNothing = async (of: TestServer, id: string, credential?: string) =>
    expect(await recordsOf(of, id, credential)).toEqual([]);

  it.each([1001, 20_000])("is %i requests", async (size) => {
    const id = await server.createSession();
    const { data, errors } = await server.graphql(GENERATE_MANY, {
      sessionId: id,
      requests: count(size, () => ({})),
    });
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "requests" } }]);
    expect(errors[0].message).toContain(`at most 1000; ${size} were given`);
    await expectNothing(server, id);
  });

  it("is a request that does not fit the contract", async () => {
    const id = await server.createSession();
    for (const wrong of [
      { role: "OWNER" },
      { data: 5 },
      { expireTime: nowSeconds * 1000 },
      { other: 1 },
      null,
    ]) {
      const { errors } = await server.graphql(GENERATE_MANY, { sessionId: id, requests: [{}, wrong] });
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "requests" } }]);
      expect(errors[0].message).toContain("requests[1]");
    }
    await expectNothing(server, id);
  });

  it("is an expireTime in milliseconds, which is said", async () => {
    const { errors } = await generate([{}, { expireTime: (nowSeconds + DAY) * 1000 }]);
    expect(errors[0].message).toMatch(/requests\[1\]\.expireTime.*not in milliseconds/);
  });

  it.each([
    ["malformed", "1_x"],
    ["another project's", `2_${Buffer.from("1~87654321~~1739538894959~r~P~~").toString("base64url")}`],
  ])("is a session ID that is %s", async (_, id) => {
    const { data, errors } = await server.graphql(GENERATE_MANY, { sessionId: id, requests: [{}] });
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "SESSION_NOT_FOUND", argument: "sessionId" } }]);
  });

  it("is a session ID that is malformed or not the caller's, also for an empty list", async () => {
    const other = await start({ AUTH_JWT_SECRET: JWT_SECRET });
    const exp = nowSeconds + 3600;
    const all = signedJwt({ ...EVERYTHING, exp });
    const none = signedJwt({ ...EVERYTHING, video_grant: { roles: ["PUBLISHER"] }, exp });
    const { data } = await other.graphql("mutation { createSession { id } }", {}, all);
    const { id } = data.createSession;
    for (const requests of [[], [{}]]) {
      const refused = await other.graphql(GENERATE_MANY, { sessionId: id, requests }, none);
      expect(refused.errors).toMatchObject([{ extensions: { code: "FORBIDDEN", requiredSession: id } }]);
      const malformed = await other.graphql(GENERATE_MANY, { sessionId: "1_x", requests }, all);
      expect(malformed.errors).toMatchObject([{ extensions: { code: "SESSION_NOT_FOUND" } }]);
    }
    await expectNothing(other, id, all);
  });

  it("is a ledger that fails in the middle of them", async () => {
    const file = join(temporaryFolder(), "test.db");
    const other = await start({ DATABASE_URL: `file:${file}` });
    const id = await other.createSession();
    const database = new Libsql(file, { timeout: 2000 });
    database.exec(
      `CREATE TRIGGER full BEFORE INSERT ON issued_tokens WHEN (SELECT count(*) FROM issued_tokens) >= 500
        BEGIN SELECT raise(abort, 'full'); END`,
    );
    const requests = count(1000, () => ({}));
    const { data, errors } = await other.graphql(GENERATE_MANY, { sessionId: id, requests });
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "LEDGER_UNAVAILABLE", retryable: true } }]);
    await expectNothing(other, id);
    database.exec("DROP TRIGGER full");
    database.close();
    expect((await other.graphql(GENERATE_MANY, { sessionId: id, requests })).errors).toEqual([]);
    expect(await recordsOf(other, id)).toHaveLength(1000);
  });
});

describe("the cost of many tokens", () => {
  const many = (selection: string, size = 1000) =>
    server.graphql(
      `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
        a: generateTokens(sessionId: $sessionId, requests: $requests) { ${selection} } }`,
      { sessionId, requests: count(size, () => ({ expireTime: 1 })) },
    );
  const token = (selection: string) => `... on ConnectionToken { ${selection} }`;

  it.each([
    ["every value of theirs", token("token role data"), 1000],
    ["their session", token("token session { id }"), 500],
    ["tokens within them", token("session { generateToken { token } }"), 15],
  ])("lets many ask for %s", async (_, selection, size) => {
    expect((await many(selection, size)).errors).toEqual([]);
  });

  it.each([
    ["their session's records", token("session { issuedTokens(first: 1) { nodes { id } } }"), 1000],
    ["tokens within them", token("session { generateToken { token } }"), 20],
    [
      "all of their session",
      token("session { id sessionId applicationId name mediaMode archiveMode }"),
      1000,
    ],
  ])("refuses many that ask for %s", async (_, selection, size) => {
    const { data, errors } = await many(selection, size);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
    expect(errors[0].message).toContain("costs");
  });

  it("lets an operation have four batches of which little is asked, and no fifth", async () => {
    const batches = (size: number) =>
      server.graphql(
        `mutation($sessionId: ID!, $requests: [TokenRequest!]!) { ${count(
          size,
          (i) => `b${i}: generateTokens(sessionId: $sessionId, requests: $requests) { __typename }`,
        ).join(" ")} }`,
        { sessionId, requests: count(1000, () => ({ expireTime: 1 })) },
      );
    expect((await batches(4)).errors).toEqual([]);
    expect((await batches(5)).errors[0].message).toContain("costs");
  });
});
