import { describe, expect, it } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { serverForTest, type TestServer } from "../support/server.ts";

const ENSURE = 'mutation { ensureSession(name: "lobby") { generateToken(role: PUBLISHER) { token } } }';
const scope = "sessions:create tokens:create";
const names = ["lobby"];
const env = { AUTH_JWT_SECRET: JWT_SECRET };

const linesOf = (server: TestServer, member: "problem" | "why") =>
  server.log().filter((line) => line[member] !== undefined);

describe("a claim that cannot be read", () => {
  it.each<[string, object, string]>([
    [
      "a role in lower case",
      { scope, video_grant: { roles: ["publisher"], names } },
      "video_grant.roles accepts SUBSCRIBER, PUBLISHER, PUBLISHER_ONLY, MODERATOR; did you mean PUBLISHER?",
    ],
    [
      "a member in the singular",
      { scope, video_grant: { roles: ["PUBLISHER"], name: ["lobby"] } },
      'video_grant can have only roles, sessions, names, maxLifetime, identity, data, sessionOptions and manage; it has "name"; did you mean names?',
    ],
    [
      "text in place of a list",
      { scope, video_grant: { roles: ["PUBLISHER"], sessions: "*" } },
      "video_grant.sessions must be a list of at most 100 non-empty Unicode strings without U+0000; it is a string",
    ],
    [
      "text in place of a number",
      { scope, video_grant: { roles: ["PUBLISHER"], names, maxLifetime: "3600" } },
      "video_grant.maxLifetime must be a whole number of seconds, at least 1; it is a string",
    ],
    [
      "a grant that is no JSON",
      { scope, video_grant: "roles=PUBLISHER" },
      "video_grant must be an object or the JSON text of one; it is a string that is not a JSON object",
    ],
    [
      "a grant under another name",
      { scope, "https://example.com/video_grant": { roles: ["PUBLISHER"], names } },
      'the claim video_grant is missing, but there is one named "https://example.com/video_grant"; set AUTH_GRANT_CLAIM to that name',
    ],
    [
      "a scope with a prefix",
      { scope: "stagepass/sessions:create", video_grant: { names } },
      'the scope sessions:create has the prefix "stagepass/"; set AUTH_SCOPE_PREFIX to it',
    ],
    [
      "a scope in the singular",
      { scope: "session:create", video_grant: { names } },
      '"session:create" is not a scope of this server; did you mean sessions:create?',
    ],
    [
      "a scope that is an object",
      { scope: { sessions: "create" }, video_grant: { names } },
      "scope must be a string of scopes separated by spaces, or a list of scopes; it is an object",
    ],
  ])("is answered, and logged once: %s", async (_, claims, problem) => {
    const server = await serverForTest(env);
    const ann = signedJwt({ sub: "ann", iss: "idp", ...claims });
    for (let i = 0; i < 3; i++) {
      const { errors } = await server.graphql(ENSURE, {}, ann);
      expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", problem } }]);
      expect(errors[0].message).toContain(`; ${problem}`);
    }
    // Another token of the same caller is the same problem; another caller is not.
    await server.graphql(ENSURE, {}, signedJwt({ sub: "ann", iss: "idp", jti: "2", ...claims }));
    const line = {
      level: 40,
      msg: "a caller has unreadable claims, which grant nothing",
      problem,
    };
    expect(linesOf(server, "problem")).toMatchObject([{ ...line, caller: 'jwt:["idp","ann"]' }]);
    await server.graphql(ENSURE, {}, signedJwt({ sub: "bob", iss: "idp", ...claims }));
    expect(linesOf(server, "problem")).toHaveLength(2);
  });

  it("has at most 20 lines a minute, and is counted by member", async () => {
    const server = await serverForTest({ ...env, METRICS_PORT: "0" });
    for (let i = 0; i < 25; i++) {
      await server.graphql(
        ENSURE,
        {},
        signedJwt({ sub: `user ${i}`, scope, video_grant: { roles: "x", name: 1 } }),
      );
    }
    expect(linesOf(server, "problem")).toHaveLength(20);
    const metrics = await (await fetch(server.metricsUrl ?? "")).text();
    expect(metrics).toContain('stagepass_unreadable_claims_total{member="roles"} 25');
    expect(metrics).toContain('stagepass_unreadable_claims_total{member="grant"} 25');
    expect(metrics).toContain('stagepass_unreadable_claims_total{member="scope"} 0');
  });

  it("is never logged or answered with its value", async () => {
    const server = await serverForTest(env);
    for (const video_grant of [
      "canary",
      { roles: ["canary"] },
      { sessions: ["canary*canary"] },
      { names: "canary" },
    ]) {
      const { errors } = await server.graphql(ENSURE, {}, signedJwt({ sub: "ann", scope, video_grant }));
      expect(JSON.stringify(errors)).not.toContain("canary");
    }
    expect(JSON.stringify(linesOf(server, "problem"))).not.toContain("canary");
  });

  it("is none where scopes are a list, or the grant is JSON text", async () => {
    const server = await serverForTest(env);
    const grant = JSON.stringify({ roles: ["PUBLISHER"], names });
    for (const claims of [
      { scope: scope.split(" ") },
      { scp: scope.split(" ") },
      { permissions: scope.split(" ") },
      { scope: "sessions:create", scp: "tokens:create" },
    ]) {
      const { errors } = await server.graphql(ENSURE, {}, signedJwt({ ...claims, video_grant: grant }));
      expect(errors).toEqual([]);
    }
    expect(linesOf(server, "problem")).toEqual([]);
  });
});

describe("a JWT that does not fit the configuration", () => {
  const settings = {
    ...env,
    AUTH_JWT_ISSUER: "https://idp.example.com/,https://other.example.com",
    AUTH_JWT_AUDIENCE: "web, mobile",
    AUTH_JWT_CLIENT_ID: "front-end",
  };
  const fitting = {
    iss: "https://idp.example.com/",
    aud: ["mobile", "x"],
    client_id: "front-end",
    sub: "ann",
  };
  const issuers = "AUTH_JWT_ISSUER is https://idp.example.com/,https://other.example.com";

  it.each<[object]>([
    [{}],
    [{ iss: "https://other.example.com" }],
    [{ aud: "web" }],
    [{ client_id: undefined, azp: "front-end" }],
  ])("is one that fits, with %j", async (claims) => {
    const server = await serverForTest(settings);
    expect(
      await server.graphql("{ videoCaller { subject } }", {}, signedJwt({ ...fitting, ...claims })),
    ).toMatchObject({
      status: 200,
      data: { videoCaller: { subject: "ann" } },
    });
    expect(linesOf(server, "why")).toEqual([]);
  });

  it.each<[object, string, string]>([
    [
      { iss: "https://idp.example.com" },
      "jwt issuer invalid",
      `its iss "https://idp.example.com" differs only by the trailing slash; ${issuers}`,
    ],
    [
      { iss: "http://idp.example.com/" },
      "jwt issuer invalid",
      `its iss "http://idp.example.com/" differs only in the scheme; ${issuers}`,
    ],
    [
      { iss: "https://IDP.example.com/" },
      "jwt issuer invalid",
      `its iss "https://IDP.example.com/" differs only in letter case; ${issuers}`,
    ],
    [
      { iss: "https://idp.example.com/realms/a" },
      "jwt issuer invalid",
      `its iss "https://idp.example.com/realms/a" differs only after the host; ${issuers}`,
    ],
    [{ iss: "another" }, "jwt issuer invalid", `its iss is "another"; ${issuers}`],
    [{ iss: undefined }, "jwt issuer invalid", `it has no iss; ${issuers}`],
    [
      { aud: ["Web", "x"] },
      "jwt audience invalid",
      'its aud "Web" differs only in letter case; AUTH_JWT_AUDIENCE is web,mobile',
    ],
    [{ aud: undefined }, "jwt audience invalid", "it has no aud; AUTH_JWT_AUDIENCE is web,mobile"],
    [{ aud: 7 }, "jwt audience invalid", "its aud is a number; AUTH_JWT_AUDIENCE is web,mobile"],
    [
      { client_id: "back-end" },
      "jwt client invalid",
      'its client_id is "back-end"; AUTH_JWT_CLIENT_ID is front-end',
    ],
    [
      { client_id: undefined, azp: "x" },
      "jwt client invalid",
      'its azp is "x"; AUTH_JWT_CLIENT_ID is front-end',
    ],
    [{ client_id: undefined }, "jwt client invalid", "it has no client_id; AUTH_JWT_CLIENT_ID is front-end"],
    [
      { iss: `${"a".repeat(500)}\u202e\n` },
      "jwt issuer invalid",
      `its iss is "${"a".repeat(120)}…"; ${issuers}`,
    ],
    [{ iss: "\u202e\n" }, "jwt issuer invalid", `its iss is "\\u202e\\n"; ${issuers}`],
  ])("is refused in few words, and explained in the log: %j", async (claims, reason, why) => {
    const server = await serverForTest(settings);
    const token = signedJwt({ ...fitting, ...claims });
    for (let i = 0; i < 3; i++) {
      const { status, errors } = await server.graphql("{ videoCaller { subject } }", {}, token);
      expect(status).toBe(401);
      expect(errors).toMatchObject([{ message: `The bearer token is not accepted: ${reason}` }]);
    }
    const msg = "a JWT that does not match the configuration was refused";
    expect(linesOf(server, "why")).toMatchObject([{ level: 40, msg, why }]);
  });

  it("has at most 20 lines a minute, whatever strangers send", async () => {
    const server = await serverForTest(settings);
    for (let i = 0; i < 25; i++) {
      await server.graphql(
        "{ videoCaller { subject } }",
        {},
        signedJwt({ ...fitting, iss: `stranger ${i}` }),
      );
    }
    expect(linesOf(server, "why")).toHaveLength(20);
    // Callers that are known have lines of their own.
    await server.graphql(ENSURE, {}, signedJwt({ ...fitting, scope: 1 }));
    expect(linesOf(server, "problem")).toHaveLength(1);
  });
});

describe("an x-api-key of a gateway's", () => {
  const ask = async (server: TestServer, headers: Record<string, string>) => {
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query: "{ videoCaller { subject } }" }),
    });
    const { data, errors } = await response.json();
    return [response.status, data?.videoCaller.subject ?? errors[0].message];
  };

  it("is not looked at beside Authorization, and is no credential alone", async () => {
    const server = await serverForTest(env);
    const jwt = signedJwt({ sub: "ann" });
    const key = `stagepass_0123abcd_${"x".repeat(43)}`;
    expect(await ask(server, { authorization: `Bearer ${jwt}`, "x-api-key": "abc" })).toEqual([200, "ann"]);
    expect(await ask(server, { "x-api-key": "abc" })).toEqual([
      401,
      "The header x-api-key must have an API key, which begins with stagepass_",
    ]);
    expect(await ask(server, { authorization: `Bearer ${jwt}`, "x-api-key": key })).toEqual([
      401,
      "Send either the header Authorization or x-api-key, not both",
    ]);
    expect(await ask(server, { authorization: key })).toEqual([
      401,
      "The header Authorization lacks Bearer and a space before the API key",
    ]);
    expect(await ask(server, { authorization: jwt })).toEqual([
      401,
      "The header Authorization lacks Bearer and a space before the JWT",
    ]);
  });
});
