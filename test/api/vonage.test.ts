import { createPublicKey } from "node:crypto";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_KEY, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { acceptedAt, refusedAt } from "../support/grants.ts";
import { startServer, type TestServer } from "../support/server.ts";

const nowSeconds = 1_795_500_000;
const publicKey = createPublicKey(PRIVATE_KEY);
const sessionId = newSessionId(APPLICATION_ID);

let server: TestServer;
beforeAll(async () => {
  // Nothing is there: a token needs no platform.
  const url = { VONAGE_API_URL: "http://127.0.0.1:9" };
  server = await startServer({ PLATFORM: "vonage", ...url }, () => new Date(nowSeconds * 1000));
});
afterAll(() => server.close());

const GENERATE = `mutation($sessionId: ID!, $role: Role, $data: String, $expireTime: Int, $expiresIn: Int,
    $initialLayoutClassList: [String!], $format: TokenFormat) {
  generateToken(sessionId: $sessionId, role: $role, data: $data, expireTime: $expireTime, expiresIn: $expiresIn,
      initialLayoutClassList: $initialLayoutClassList, format: $format) {
    token applicationId role data initialLayoutClassList format expireTime } }`;
const generate = (variables: Record<string, unknown> = {}) =>
  server.graphql(GENERATE, { sessionId, ...variables });

describe("generateToken on Vonage", () => {
  it("makes a JWT that the application's public key verifies, with every option in it", async () => {
    const options = {
      role: "PUBLISHER_ONLY",
      data: 'a&role=subscriber\n"é🙂',
      expireTime: nowSeconds + 60,
      initialLayoutClassList: ["focus", "full"],
    };
    const { data } = await generate(options);
    expect(data.generateToken).toMatchObject({ ...options, applicationId: APPLICATION_ID, format: "JWT" });
    const claims = jwt.verify(data.generateToken.token, publicKey, {
      algorithms: ["RS256"],
      clockTimestamp: nowSeconds,
    });
    expect(claims).toEqual({
      application_id: APPLICATION_ID,
      scope: "session.connect",
      session_id: sessionId,
      role: "publisheronly",
      initial_layout_class_list: "focus full",
      sub: "video",
      acl: { paths: { "/session/**": {} } },
      iat: nowSeconds,
      exp: nowSeconds + 60,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      connection_data: options.data,
    });
  });

  it.each(acceptedAt(nowSeconds))("accepts a %s on the edge", async (_, variables, granted) => {
    const { data, errors } = await generate(variables);
    expect(errors).toEqual([]);
    expect(data.generateToken).toMatchObject(granted);
  });

  it.each([...refusedAt(nowSeconds), ["format", { format: "T1" }] as const])(
    "refuses, naming %s: %j",
    async (argument, variables) => {
      const { data, errors } = await generate(variables);
      expect(data).toEqual({ generateToken: null });
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
    },
  );

  it.each([
    ["of an OpenTok project", newSessionId(API_KEY)],
    ["of another application", newSessionId("29f760f8-7ce1-46c9-ade3-f2dedee4ed5e")],
    ["of an application whose ID only contains ours", newSessionId(`${APPLICATION_ID}0`)],
    ["that is malformed", "1_x"],
  ])("finds no session %s", async (_, other) => {
    expect((await generate({ sessionId: other })).errors).toMatchObject([
      { extensions: { code: "SESSION_NOT_FOUND" } },
    ]);
  });

  it("makes many at once, and refuses those of a format that it does not have", async () => {
    const { data, errors } = await server.graphql(
      `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
        generateTokens(sessionId: $sessionId, requests: $requests) {
          ... on ConnectionToken { token } ... on TokenRefusal { code argument } } }`,
      {
        sessionId,
        requests: Array.from({ length: 120 }, (_, i) => ({
          data: `${i}`,
          ...(i === 60 && { format: "T1" }),
        })),
      },
    );
    expect(errors).toEqual([]);
    const [refused] = data.generateTokens.splice(60, 1);
    expect(refused).toEqual({ code: "BAD_USER_INPUT", argument: "format" });
    const claims = data.generateTokens.map(
      ({ token }: { token: string }) =>
        jwt.verify(token, publicKey, { algorithms: ["RS256"], clockTimestamp: nowSeconds }) as jwt.JwtPayload,
    );
    expect(claims.map(({ connection_data }: jwt.JwtPayload) => Number(connection_data))).toEqual(
      Array.from({ length: 120 }, (_, i) => i).filter((i) => i !== 60),
    );
    expect(new Set(claims.map(({ jti }: jwt.JwtPayload) => jti)).size).toBe(119);
  });

  it("makes tokens that inspectToken knows, for sessions that were created elsewhere, too", async () => {
    const { data } = await generate({ role: "SUBSCRIBER" });
    const inspected = await server.graphql(
      `{ inspectToken(token: "${data.generateToken.token}") { status format role sessionId } }`,
    );
    expect(inspected.data.inspectToken).toEqual({
      status: "ACTIVE",
      format: "JWT",
      role: "SUBSCRIBER",
      sessionId,
    });
  });
});
