import { join } from "node:path";
import { Trace } from "@apollo/usage-reporting-protobuf";
import Libsql from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, checkForSecrets } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const settings = { FEDERATION: "on", AUTH_JWT_SECRET: JWT_SECRET, PLATFORM: "local" };
const credential = signedJwt(EVERYTHING);

let server: TestServer;
let sessionId: string;

beforeAll(async () => {
  server = await startServer(settings);
  sessionId = (await server.graphql("mutation { createSession { id } }", {}, credential)).data.createSession
    .id;
});
afterAll(() => server.close());

const ask = (query: string, variables: Record<string, unknown> = {}) =>
  server.graphql(query, variables, credential);

/** Asks as a router does, for some fields. */
const entities = (representations: unknown, fields = "sessionId") =>
  ask(
    `query($representations: [_Any!]!) {
      _entities(representations: $representations) { ... on Session { ${fields} } } }`,
    { representations },
  );

const CANARY = "canary-of-representations";

describe("representations", () => {
  it.each<[string, unknown]>([
    ["nothing", null],
    ["a number", [5]],
    ["null", [null]],
    ["a text", [CANARY]],
    ["a list", [[CANARY]]],
    ["without a type", [{ sessionId: CANARY }]],
    ["of a type that there is not", [{ __typename: CANARY, sessionId: CANARY }]],
    ["of a type that is no entity", [{ __typename: "PageInfo", sessionId: CANARY }]],
    ["of the prototype", [{ __typename: "__proto__", sessionId: CANARY }]],
    ["whose type is an object", [{ __typename: { toString: CANARY }, sessionId: CANARY }]],
    ["without a key", [{ __typename: "Session", id: CANARY }]],
    ["whose key is a number", [{ __typename: "Session", sessionId: 12_345_678 }]],
    ["whose key is null", [{ __typename: "Session", sessionId: null }]],
    ["whose key is an object", [{ __typename: "Session", sessionId: { $ne: CANARY } }]],
    ["whose key is a list", [{ __typename: "Session", sessionId: [CANARY] }]],
    ["that are a thousand, all wrong", Array(1000).fill({ __typename: "Session", sessionId: 5 })],
    ["of which the last is wrong", [...Array(99).fill({ __typename: "Session", sessionId: "1_x" }), 5]],
    ["that are more than a thousand", Array(1001).fill({})],
  ])("%s are refused, with the name of the argument and nothing of theirs", async (_, representations) => {
    const { data, errors } = await entities(representations);
    expect(data ?? null).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "representations" } }]);
    expect(JSON.stringify(errors)).not.toContain("canary");
    expect(JSON.stringify(errors)).not.toContain("12345678");
  });

  it.each([
    ["malformed", ""],
    ["malformed", "1_hello~"],
    ["hostile", "' OR 1=1; --"],
    ["hostile", "\u0000\ud800"],
    ["hostile", "__proto__"],
    ["very long", "1_".padEnd(50_000, "x")],
    ["cut off", newSessionId(API_KEY).slice(0, -2)],
    ["another project's", newSessionId("87654321")],
  ])("with a key that is %s are null", async (_, key) => {
    const { data, errors } = await entities([
      { __typename: "Session", sessionId: key },
      { __typename: "Session", sessionId },
    ]);
    expect(errors).toEqual([]);
    expect(data._entities).toEqual([null, { sessionId }]);
  });

  it("that are a thousand, with hostile keys, are null", async () => {
    const { data, errors } = await entities(
      Array.from({ length: 1000 }, (_, i) => ({ __typename: "Session", sessionId: `'${i}` })),
    );
    expect(errors).toEqual([]);
    expect(data._entities).toEqual(Array(1000).fill(null));
  });

  it("in the text of the query are as good, and what else they have counts for nothing", async () => {
    const { data, errors } = await ask(
      `query($id: ID!) { _entities(representations: [
        { __typename: "Session", sessionId: $id, name: "another", caller: { admitted: ["*"] } }]) {
        __typename ... on Session { sessionId name } } }`,
      { id: sessionId },
    );
    expect(errors).toEqual([]);
    expect(data._entities).toEqual([{ __typename: "Session", sessionId, name: null }]);
  });

  it("of three hundred and fifty sessions fit into a body, with the longest IDs there are", async () => {
    const vonage = await startServer({ ...settings, PLATFORM: "vonage" });
    const ids = Array.from({ length: 350 }, () => newSessionId(APPLICATION_ID, "255.255.255.255"));
    const { data } = await vonage.graphql(
      "query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Session { sessionId location } } }",
      { r: ids.map((sessionId) => ({ __typename: "Session", sessionId })) },
      credential,
    );
    expect(data._entities.map((session: { sessionId: string }) => session.sessionId)).toEqual(ids);
    await vonage.close();
  });
});

it("a look-up that fails is logged once, however many sessions wait for it", async () => {
  const file = join(temporaryFolder(), "test.db");
  const failing = await startServer({ ...settings, DATABASE_URL: `file:${file}` });
  const database = new Libsql(file, { timeout: 2000 });
  database.exec("ALTER TABLE sessions RENAME TO away");
  database.close();
  const representations = Array.from({ length: 50 }, () => {
    return { __typename: "Session", sessionId: newSessionId(API_KEY) };
  });
  const { data, errors } = await failing.graphql(
    "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Session { name } } }",
    { representations },
    credential,
  );
  await failing.close();
  expect(data._entities).toEqual(Array(50).fill(null));
  expect(errors).toHaveLength(50);
  expect(failing.log().filter(({ level }) => Number(level) >= 40)).toEqual([
    expect.objectContaining({ msg: "unexpected error" }),
  ]);
});

describe("what a router asks costs", () => {
  const some = (count: number) => Array(count).fill({ __typename: "Session", sessionId: "1_x" });
  const fields = "sessionId name mediaMode e2ee";

  it("what a page of as many items does", async () => {
    expect((await entities(some(499), fields)).errors).toEqual([]);
    for (const count of [500, 1000]) {
      expect((await entities(some(count), fields)).errors).toMatchObject([
        {
          message: `The operation costs ${1 + 4 * count}; at most 2000 is allowed`,
          extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
        },
      ]);
    }
    // What was affordable once is not for ever.
    expect((await entities(some(1), fields)).errors).toEqual([]);
    expect((await entities(some(1000), fields)).errors).toHaveLength(1);
  });

  it("something for each look-up, however little is asked of it", async () => {
    const twice = `query($r: [_Any!]!) { a: _entities(representations: $r) { __typename }
      b: _entities(representations: $r) { __typename } }`;
    expect((await ask(twice, { r: some(999) })).errors).toEqual([]);
    expect((await ask(twice, { r: some(1000) })).errors).toMatchObject([
      { message: "The operation costs 2002; at most 2000 is allowed" },
    ]);
  });

  it("a look through the ledger and a signature for each", async () => {
    const dear = ["generateToken { token }", "issuedTokens(first: 100) { totalCount }"];
    for (const field of dear) {
      expect((await entities(some(20), field)).errors).toMatchObject([
        { message: expect.stringMatching(/^The operation costs \d{4,}; at most 2000 is allowed$/) },
      ]);
    }
  });
});

describe("a trace for the router", () => {
  const traceOf = async (query: string, variables: object, headers: Record<string, string>) => {
    const response = await fetch(server.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${credential}`,
        "x-canary": CANARY,
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors, extensions } = await response.json();
    const bytes = Buffer.from(extensions?.ftv1 ?? "", "base64");
    return { data, errors, bytes, trace: extensions && Trace.decode(bytes) };
  };
  const asked = { "apollo-federation-include-trace": "ftv1" };

  it("has the times of fields, and no values", async () => {
    const { data, bytes, trace } = await traceOf(
      `mutation($data: String) { generateToken(sessionId: "${sessionId}", data: $data) { token data session { id } } }`,
      { data: CANARY, [CANARY]: CANARY },
      asked,
    );
    expect(trace.root.child).toMatchObject([
      {
        responseName: "generateToken",
        type: "ConnectionToken",
        parentType: "Mutation",
        child: [{ responseName: "token" }, { responseName: "data" }, { responseName: "session" }],
      },
    ]);
    for (const { startTime, endTime } of trace.root.child) expect(endTime).toBeGreaterThan(startTime);
    for (const value of ["canary", sessionId, data.generateToken.token, credential, API_SECRET]) {
      expect(bytes.toString("latin1")).not.toContain(value);
    }
    checkForSecrets(bytes.toString("latin1"));
  });

  it("has of errors the code alone", async () => {
    const { errors, bytes, trace } = await traceOf(
      `mutation { generateToken(sessionId: "1_${CANARY}") { token } }`,
      {},
      asked,
    );
    expect(errors).toMatchObject([{ extensions: { code: "SESSION_NOT_FOUND" } }]);
    expect(trace.root.child[0].error).toMatchObject([{ message: "SESSION_NOT_FOUND" }]);
    expect(bytes.toString("latin1")).not.toContain("canary");
  });

  it("is for those who ask for it", async () => {
    expect((await traceOf("{ videoProject { platform } }", {}, {})).trace).toBeUndefined();
    const alone = await startServer();
    const response = await fetch(alone.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...asked },
      body: '{"query":"{ videoProject { platform } }"}',
    });
    expect(await response.json()).toEqual({ data: { videoProject: { platform: "LOCAL" } } });
    await alone.close();
  });
});
