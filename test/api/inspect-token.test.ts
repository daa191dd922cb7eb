import { randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_KEY, API_SECRET, APPLICATION_ID } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { NOTHING } from "../support/inspection.ts";
import { serverForTest, startServer, type TestServer } from "../support/server.ts";
import { newDatabaseUrl } from "../support/stores.ts";

/** Late in its second, so that rounding would show. */
const start = 1_795_500_000_999;
const nowSeconds = 1_795_500_000;
let now = start;

let server: TestServer;
let sessionId: string;
beforeAll(async () => {
  server = await startServer({}, () => new Date(now));
  sessionId = await server.createSession();
});
afterAll(() => server.close());

const GENERATE = `mutation($sessionId: ID!, $role: Role, $data: String, $expireTime: Int,
    $initialLayoutClassList: [String!], $format: TokenFormat) {
  generateToken(sessionId: $sessionId, role: $role, data: $data, expireTime: $expireTime,
      initialLayoutClassList: $initialLayoutClassList, format: $format) {
    token id sessionId role data initialLayoutClassList format createdAt expiresAt
  } }`;
const INSPECT = `query($token: String!) {
  inspectToken(token: $token) {
    status reason format sessionId role data initialLayoutClassList createdAt expiresAt
  } }`;
const inspect = (token: string, on = server) => on.graphql(INSPECT, { token });

const CANARY = "canary-connection-data";
const options = {
  role: "MODERATOR",
  data: `${CANARY}&role=subscriber\n"é🙂`,
  expireTime: nowSeconds + 60,
  initialLayoutClassList: ["focus", "full"],
};
async function generate(variables: Record<string, unknown> = {}, on = server) {
  const { data } = await on.graphql(GENERATE, { sessionId, ...options, ...variables });
  const { token, id, ...granted } = data.generateToken;
  return { token: token as string, id: id as string, granted };
}

const revoke = async (id: string, on = server) => {
  const { errors } = await on.graphql("mutation($id: ID!) { revokeToken(id: $id) { id } }", { id });
  expect(errors).toEqual([]);
};

/** The whole answer to a token that is none of ours. */
const INVALID = {
  ...NOTHING,
  status: "INVALID",
  reason: expect.stringMatching(/./),
};

describe("inspectToken", () => {
  it.each(["JWT", "T1"])("says of a %s what generateToken said", async (format) => {
    const { token, granted } = await generate({ format });
    expect(granted).toMatchObject({ role: "MODERATOR", data: options.data, format });
    const { status, data, errors } = await inspect(token);
    expect([status, errors]).toEqual([200, []]);
    expect(data.inspectToken).toEqual({ ...granted, status: "ACTIVE", reason: null });
  });

  it.each(["JWT", "T1"])("still says what a %s granted when it has expired", async (format) => {
    const { token, granted } = await generate({ format });
    try {
      now = options.expireTime * 1000 - 1;
      expect((await inspect(token)).data.inspectToken.status).toBe("ACTIVE");
      now = options.expireTime * 1000;
      const { data, errors } = await inspect(token);
      expect(errors).toEqual([]);
      expect(data.inspectToken).toEqual({ ...granted, status: "EXPIRED", reason: null });
    } finally {
      now = start;
    }
  });

  it("says of a Vonage application's token what generateToken said", async () => {
    // Nothing is there: a token needs no platform.
    const env = { PLATFORM: "vonage", VONAGE_API_URL: "http://127.0.0.1:9" };
    const vonage = await startServer(env, () => new Date(now));
    try {
      const { token, granted } = await generate({ sessionId: newSessionId(APPLICATION_ID) }, vonage);
      expect((await inspect(token, vonage)).data.inspectToken).toEqual({
        ...granted,
        status: "ACTIVE",
        reason: null,
      });
      expect((await inspect(token)).data.inspectToken).toEqual(INVALID);
      const { token: t1 } = await generate({ format: "T1" });
      expect((await inspect(t1, vonage)).data.inspectToken).toEqual(INVALID);
    } finally {
      await vonage.close();
    }
  });

  it("says of a forged token only that it is", async () => {
    const { token } = await generate();
    const forged = jwt.sign(jwt.decode(token) as object, "0ddba110ddba110ddba110ddba110ddba110ddba");
    const { status, data, errors } = await inspect(forged);
    expect([status, errors]).toEqual([200, []]);
    expect(data.inspectToken).toEqual({
      ...INVALID,
      reason: expect.stringMatching(/not signed with this project's credentials/),
    });
  });

  it.each([
    ["empty", ""],
    ["malformed", "hello"],
    ["of three empty parts", ".."],
    ["T1 and nothing else", "T1=="],
    ["text of all kinds", '\0\n\u2028"\\é🙂\ud800'],
    ["the API key", API_KEY],
    ["a JWT of 50 KB", `${"x".repeat(20_000)}.${"y".repeat(20_000)}.${"z".repeat(10_000)}`],
    ["a T1 token of 50 KB", `T1==${randomBytes(37_500).toString("base64")}`],
  ])("answers, without an error, for a token that is %s", async (_, token) => {
    const { status, data, errors } = await inspect(token);
    expect([status, errors]).toEqual([200, []]);
    expect(data.inspectToken).toEqual(INVALID);
  });

  it("inspects many at once, each by itself", async () => {
    const tokens = [(await generate()).token, "hello", (await generate({ format: "T1" })).token];
    const fields = tokens.map((_, i) => `t${i}: inspectToken(token: $t${i}) { status format }`);
    const { data } = await server.graphql(
      `query($t0: String!, $t1: String!, $t2: String!) { ${fields.join(" ")} }`,
      Object.fromEntries(tokens.map((token, i) => [`t${i}`, token])),
    );
    expect(data).toEqual({
      t0: { status: "ACTIVE", format: "JWT" },
      t1: { status: "INVALID", format: null },
      t2: { status: "ACTIVE", format: "T1" },
    });
  });

  it("asks the database once which tokens are revoked, and once whether it knows the sessions", async () => {
    const tokens = [
      (await generate()).token,
      (await generate({ sessionId: newSessionId(API_KEY) })).token,
      "hello",
    ];
    for (const [i, token] of tokens.entries())
      expect(await server.queriesDuring(() => inspect(token))).toHaveLength(i < 2 ? 1 : 0);
    const fields = tokens.map((token, i) => `t${i}: inspectToken(token: "${token}") { createdHere }`);
    const queries = await server.queriesDuring(async () => {
      expect((await server.graphql(`{ ${fields.join(" ")} }`)).data).toEqual({
        t0: { createdHere: true },
        t1: { createdHere: false },
        t2: { createdHere: null },
      });
    });
    expect(queries).toHaveLength(2);
  });

  it.each(["JWT", "T1"])(
    "says that a %s is revoked, and still what it granted, until it expires",
    async (format) => {
      const { token, id, granted } = await generate({ format });
      const { token: another } = await generate({ format });
      await revoke(id);
      try {
        expect((await inspect(token)).data.inspectToken).toEqual({
          ...granted,
          status: "REVOKED",
          reason: null,
        });
        expect((await inspect(another)).data.inspectToken.status).toBe("ACTIVE");
        now = options.expireTime * 1000;
        expect((await inspect(token)).data.inspectToken.status).toBe("EXPIRED");
      } finally {
        now = start;
      }
    },
  );

  it.each([
    ["an ID that no record has", "another-program"],
    ["an ID that is no text", 7],
    ["no ID", undefined],
  ])("says that another program's token with %s is active", async (_, jti) => {
    const { token, id } = await generate();
    await revoke(id);
    const { jti: __, nonce: ___, ...claims } = jwt.decode(token) as jwt.JwtPayload;
    const others = jwt.sign({ ...claims, ...(jti !== undefined && { jti }) }, API_SECRET);
    const { data, errors } = await inspect(others);
    expect([data.inspectToken.status, errors]).toEqual(["ACTIVE", []]);
  });

  it("does not look with LEDGER=off whether a token is revoked", async () => {
    const env = { DATABASE_URL: await newDatabaseUrl("SQLite in a file") };
    const clock = () => new Date(now);
    const recording = await serverForTest(env, clock);
    const { token, id } = await generate({}, recording);
    await revoke(id, recording);
    const off = await serverForTest({ ...env, LEDGER: "off" }, clock);
    for (const [on, status, looks] of [
      [recording, "REVOKED", 1],
      [off, "ACTIVE", 0],
    ] as const) {
      const queries = await on.queriesDuring(async () => {
        expect((await inspect(token, on)).data.inspectToken.status).toBe(status);
      });
      // A server that has just started asks for other things, too.
      expect(queries.filter((sql) => sql.includes('"revoked_at" is not null'))).toHaveLength(looks);
    }
  });
});

it("logs nothing of a token that is inspected, however it is sent", async () => {
  const own = await startServer({ LOG_LEVEL: "trace" }, () => new Date(now));
  const tokens = [
    (await generate()).token,
    (await generate({ format: "T1" })).token,
    `T1==${randomBytes(37_500).toString("base64")}`,
    `${(await generate()).token.slice(0, -9)}forgedxyz`,
  ];
  for (const token of tokens) {
    await inspect(token, own);
    await own.graphql(`{ inspectToken(token: "${token}") { status } }`);
    await own.graphql(`{ inspectToken(tokens: "${token}") { status } }`);
    await own.graphql(INSPECT, { token: [token, token] });
    await own.graphql(INSPECT, { token: { token } });
    const url = `${own.url}?query=${encodeURIComponent(`{ inspectToken(token: "${token.slice(0, 9000)}") { status } }`)}`;
    await fetch(url, { headers: { "apollo-require-preflight": "1" } });
  }
  await expect.poll(() => own.log().filter(({ msg }) => msg === "request")).toHaveLength(24);
  const log = JSON.stringify(own.log());
  for (const token of tokens) {
    for (let i = 0; i + 20 <= token.length; i += 20) expect(log).not.toContain(token.slice(i, i + 20));
  }
  expect(log).not.toContain(CANARY);
  await own.close();
});
