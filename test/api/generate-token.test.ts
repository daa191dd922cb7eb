import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { acceptedAt, refusedAt } from "../support/grants.ts";
import { startServer, type TestServer } from "../support/server.ts";

/** Late in its second, so that rounding up would show. */
const now = new Date(1_795_500_000_999);
const nowSeconds = 1_795_500_000;
const DAY = 86_400;

let server: TestServer;
let sessionId: string;
beforeAll(async () => {
  server = await startServer({}, () => now);
  sessionId = await server.createSession();
});
afterAll(() => server.close());

const GENERATE = `mutation($sessionId: ID!, $role: Role, $data: String, $expireTime: Int, $expiresIn: Int,
    $initialLayoutClassList: [String!], $format: TokenFormat) {
  generateToken(sessionId: $sessionId, role: $role, data: $data, expireTime: $expireTime, expiresIn: $expiresIn,
      initialLayoutClassList: $initialLayoutClassList, format: $format) {
    token sessionId applicationId role data initialLayoutClassList format createdAt expiresAt expireTime
    session { id mediaMode }
  } }`;
const generate = (variables: Record<string, unknown> = {}) =>
  server.graphql(GENERATE, { sessionId, ...variables });
const claims = (token: string) =>
  jwt.verify(token, API_SECRET, { algorithms: ["HS256"], clockTimestamp: nowSeconds }) as jwt.JwtPayload;

describe("generateToken", () => {
  it.each([
    ["what is absent", {}],
    ["null", { role: null, data: null, expireTime: null, initialLayoutClassList: null, format: null }],
  ])("gives %s its default", async (_, variables) => {
    const { data, errors } = await generate(variables);
    const { token, ...rest } = data.generateToken;
    expect(errors).toEqual([]);
    expect(rest).toEqual({
      sessionId,
      applicationId: API_KEY,
      role: "PUBLISHER",
      data: null,
      initialLayoutClassList: [],
      format: "JWT",
      createdAt: new Date(nowSeconds * 1000).toISOString(),
      expiresAt: new Date((nowSeconds + DAY) * 1000).toISOString(),
      expireTime: nowSeconds + DAY,
      session: { id: sessionId, mediaMode: "RELAYED" },
    });
    const { nonce, jti, ...known } = claims(token);
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(nonce).toBe(jti);
    expect(known).toEqual({
      iss: API_KEY,
      ist: "project",
      iat: nowSeconds,
      exp: nowSeconds + DAY,
      role: "publisher",
      scope: "session.connect",
      session_id: sessionId,
    });
  });

  it.each([
    ["SUBSCRIBER", "subscriber"],
    ["PUBLISHER", "publisher"],
    ["PUBLISHER_ONLY", "publisheronly"],
    ["MODERATOR", "moderator"],
  ])("writes %s as the platform does, in both formats", async (role, wireName) => {
    const asJwt = (await generate({ role })).data.generateToken;
    expect(asJwt.role).toBe(role);
    expect(claims(asJwt.token).role).toBe(wireName);
    const asT1 = (await generate({ role, format: "T1" })).data.generateToken;
    expect(asT1).toMatchObject({ role, format: "T1" });
    expect(Buffer.from(asT1.token.slice(4), "base64").toString()).toContain(`&role=${wireName}&`);
  });

  it("puts every option into the token", async () => {
    const options = {
      role: "MODERATOR",
      data: 'a&role=subscriber\n"é🙂',
      expireTime: nowSeconds + 60,
      initialLayoutClassList: ["focus", "full"],
    };
    const { data } = await generate(options);
    expect(data.generateToken).toMatchObject(options);
    expect(claims(data.generateToken.token)).toMatchObject({
      role: "moderator",
      connection_data: options.data,
      exp: options.expireTime,
      initial_layout_class_list: "focus full",
    });
  });

  it("never makes the same token twice", async () => {
    const tokens = await Promise.all(
      Array.from({ length: 8 }, async () => (await generate()).data.generateToken.token),
    );
    expect(new Set(tokens).size).toBe(8);
  });

  it.each(acceptedAt(nowSeconds))("accepts a %s on the edge", async (_, variables, granted) => {
    const { data, errors } = await generate(variables);
    expect(errors).toEqual([]);
    expect(data.generateToken).toMatchObject(granted);
  });

  it.each(refusedAt(nowSeconds))("refuses, naming %s: %j", async (argument, variables) => {
    const { status, data, errors } = await generate(variables);
    expect(status).toBe(200);
    expect(data).toEqual({ generateToken: null });
    expect(errors).toMatchObject([
      { path: ["generateToken"], extensions: { code: "BAD_USER_INPUT", retryable: false, argument } },
    ]);
  });

  it.each([
    ["expireTime", { expireTime: (nowSeconds + DAY) * 1000 }, /not in milliseconds/],
    ["expireTime", { expireTime: nowSeconds + 0.5 }, /whole seconds/],
    ["role", { role: "ADMIN" }, /not exist in "Role" enum/],
    ["role", { role: "moderator" }, /not exist in "Role" enum.*"MODERATOR"/],
    ["data", { data: { admin: true } }, /String/],
    ["initialLayoutClassList", { initialLayoutClassList: ["a", null] }, /null/],
    ["format", { format: "T2" }, /not exist in "TokenFormat" enum/],
    ["sessionId", { sessionId: null }, /non-null/],
  ])(
    "refuses a value that is not of the argument's type, naming %s: %j",
    async (argument, variables, rule) => {
      const { status, data, errors } = await generate(variables);
      expect([status, data]).toEqual([200, undefined]);
      expect(errors).toEqual([
        expect.objectContaining({
          message: expect.stringMatching(rule),
          extensions: { code: "BAD_USER_INPUT", retryable: false, argument },
        }),
      ]);
    },
  );

  it("names the argument of a wrong value that is written in the query", async () => {
    const { status, errors } = await server.graphql(
      'mutation { generateToken(sessionId: "1_x", expireTime: 1795600000000) { token } }',
    );
    expect(status).toBe(200);
    expect(errors).toMatchObject([
      { extensions: { code: "GRAPHQL_VALIDATION_FAILED", argument: "expireTime" } },
    ]);
  });

  it("names the argument where a variable does not fit, not another where it does", async () => {
    const { errors } = await server.graphql(
      `mutation($s: ID!, $x: String) { generateToken(sessionId: $s, data: $x, expireTime: $x) { token } }`,
      { s: sessionId },
    );
    expect(errors).toMatchObject([
      {
        message: expect.not.stringContaining("milliseconds"),
        extensions: { code: "GRAPHQL_VALIDATION_FAILED", argument: "expireTime" },
      },
    ]);
  });

  it("names the argument in the operation that runs, and not in another with the same variable", async () => {
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: `query Other($x: String) { sessions(after: $x) { nodes { id } } }
          mutation Create($x: String) { ...Create }
          fragment Create on Mutation { createSession(archiveName: $x) { id } }`,
        operationName: "Create",
        variables: { x: 5 },
      }),
    });
    expect((await response.json()).errors).toMatchObject([
      { extensions: { code: "BAD_USER_INPUT", argument: "archiveName" } },
    ]);
  });

  it("names the argument of each of many wrong values", async () => {
    const fields = Array.from(
      { length: 8 },
      (_, i) => `t${i}: generateToken(sessionId: "1_x", data: ${i}) { token }`,
    );
    const { errors } = await server.graphql(`mutation { ${fields.join(" ")} }`);
    expect(errors.map((error) => error.extensions.argument)).toEqual(Array(8).fill("data"));
  });

  it("names the argument of a null that only execution finds", async () => {
    const { status, errors } = await server.graphql(
      'mutation($id: ID = "1_x") { generateToken(sessionId: $id) { token } }',
      { id: null },
    );
    expect(status).toBe(200);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "sessionId" } }]);
  });

  it("works for a session that was created elsewhere in the project", async () => {
    const elsewhere = `2_${Buffer.from(`1~${API_KEY}~~1739538894959~r~P~~`).toString("base64url")}`;
    const { data, errors } = await generate({ sessionId: elsewhere });
    expect(errors).toEqual([]);
    expect(data.generateToken.session).toEqual({ id: elsewhere, mediaMode: null });
  });

  it.each([
    ["empty", () => ""],
    ["malformed", () => "hello"],
    ["another project's", () => `1_${Buffer.from("1~87654321~~1739538894959~r~P~~").toString("base64url")}`],
    [
      "a project's whose key contains ours",
      () => `1_${Buffer.from(`1~9${API_KEY}~~1739538894959~r~P~~`).toString("base64url")}`,
    ],
    ["ours with a newline after it", () => `${sessionId}\n`],
    ["ours with a parameter after it", () => `${sessionId}&role=moderator`],
    ["ours with padding", () => `${sessionId}==`],
    ["ours, cut off", () => sessionId.slice(0, -2)],
    ["ours, cut in the middle", () => sessionId.slice(0, 30)],
  ])("is SESSION_NOT_FOUND for an ID that is %s", async (_, id) => {
    const { data, errors } = await generate({ sessionId: id() });
    expect(data).toEqual({ generateToken: null });
    expect(errors).toMatchObject([{ extensions: { code: "SESSION_NOT_FOUND", argument: "sessionId" } }]);
  });

  it("knows no argument that could become a claim", async () => {
    const { status, errors } = await server.graphql(
      `mutation { generateToken(sessionId: "${sessionId}", scope: "everything") { token } }`,
    );
    expect(status).toBe(200);
    expect(errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
  });
});

describe("Session.generateToken", () => {
  it("generates a token in the round trip that creates the session", async () => {
    const { data } = await server.graphql(`mutation { createSession(mediaMode: ROUTED) {
      sessionId generateToken(role: SUBSCRIBER, data: "bob") { token sessionId session { mediaMode } } } }`);
    const { sessionId: id, generateToken } = data.createSession;
    expect(generateToken).toMatchObject({ sessionId: id, session: { mediaMode: "ROUTED" } });
    expect(claims(generateToken.token)).toMatchObject({
      session_id: id,
      role: "subscriber",
      connection_data: "bob",
    });
  });

  it("generates several for one session", async () => {
    const { data } = await server.graphql(`mutation { createSession {
      host: generateToken(role: MODERATOR) { token } guest: generateToken { token } } }`);
    expect(claims(data.createSession.host.token).role).toBe("moderator");
    expect(claims(data.createSession.guest.token).role).toBe("publisher");
  });

  it("keeps the rules of Mutation.generateToken", async () => {
    const { errors } = await server.graphql(
      "mutation { createSession { generateToken(expireTime: 1) { token } } }",
    );
    expect(errors).toMatchObject([
      {
        path: ["createSession", "generateToken"],
        extensions: { code: "BAD_USER_INPUT", argument: "expireTime" },
      },
    ]);
  });

  it.each([
    ["session", () => `{ session(sessionId: "${sessionId}") { generateToken { token } } }`],
    ["sessions", () => "{ sessions(first: 2) { nodes { generateToken { token } } } }"],
    [
      "a fragment",
      () =>
        `query { session(sessionId: "${sessionId}") { ...F } } fragment F on Session { generateToken { token } }`,
    ],
  ])("is refused below the query %s", async (_, query) => {
    const { errors, ...answer } = await server.graphql(query());
    expect(errors[0]).toMatchObject({
      message: expect.stringMatching(/works only in a mutation/),
      extensions: { code: "BAD_USER_INPUT" },
    });
    expect(JSON.stringify(answer.data)).not.toContain("eyJ");
  });
});

describe("the look-up of a token's session", () => {
  const lookUpsDuring = async (act: () => Promise<unknown>) =>
    (await server.queriesDuring(act)).filter((sql) => sql.startsWith("select"));

  const tokens = (ids: string[]) =>
    ids.map((id, i) => `t${i}: generateToken(sessionId: "${id}") { session { id mediaMode } }`).join(" ");

  it("asks the database once for eight tokens of eight sessions", async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => server.createSession()));
    const queries = await lookUpsDuring(async () => {
      const { data } = await server.graphql(`mutation { ${tokens(ids)} }`);
      expect(Object.values(data)).toEqual(ids.map((id) => ({ session: { id, mediaMode: "RELAYED" } })));
    });
    expect(queries).toHaveLength(1);
  });

  it("asks once when they come by fragments and variables, too", async () => {
    const [a, b, c] = await Promise.all(Array.from({ length: 3 }, () => server.createSession()));
    const queries = await lookUpsDuring(async () => {
      const { data } = await server.graphql(
        `mutation($b: ID!) { a: generateToken(sessionId: "${a}") { ...S } ...B ... on Mutation { c: ${tokens([c ?? ""]).slice(4)} } }
         fragment B on Mutation { b: generateToken(sessionId: $b) { ...S } }
         fragment S on ConnectionToken { session { id } }`,
        { b },
      );
      expect([data.a.session.id, data.b.session.id, data.c.session.id]).toEqual([a, b, c]);
    });
    expect(queries).toHaveLength(1);
  });

  it("is not held up by fragments that name each other over and over", async () => {
    const fragments = Array.from(
      { length: 30 },
      (_, i) => `fragment F${i} on Mutation { ...F${i + 1} ...F${i + 1} }`,
    );
    const { errors } = await server.graphql(
      `mutation { ...F0 } ${fragments.join(" ")} fragment F30 on Mutation { ${tokens([sessionId])} }`,
    );
    expect(errors).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining("root fields") }),
    );
  });

  it("asks once for eight sessions in a query", async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => server.createSession()));
    const fields = ids.map((id, i) => `s${i}: session(sessionId: "${id}") { id }`).join(" ");
    expect(await lookUpsDuring(() => server.graphql(`{ ${fields} }`))).toHaveLength(1);
  });

  it("does not spoil the others when one ID is another project's", async () => {
    const foreign = `1_${Buffer.from("1~87654321~~1739538894959~r~P~~").toString("base64url")}`;
    const { data, errors } = await server.graphql(
      `{ ours: session(sessionId: "${sessionId}") { id } theirs: session(sessionId: "${foreign}") { id } }`,
    );
    expect({ data, errors }).toEqual({ data: { ours: { id: sessionId }, theirs: null }, errors: [] });
  });

  it("asks nothing when no session is selected", async () => {
    expect(
      await lookUpsDuring(() =>
        server.graphql(`mutation { generateToken(sessionId: "${sessionId}") { token sessionId } }`),
      ),
    ).toEqual([]);
  });
});
