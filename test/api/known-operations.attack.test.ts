import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMPILING } from "../../src/graphql/execution/known-operations.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let subgraph: TestServer;
let sessionId: string;
const shares = { ...COMPILING };
const credential = signedJwt(EVERYTHING);
const lesser = signedJwt({ ...EVERYTHING, sub: "lesser", scope: "sessions:create tokens:create" });
beforeAll(async () => {
  Object.assign(COMPILING, { share: 1, callersShare: 1 });
  server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET });
  subgraph = await startServer({ AUTH_JWT_SECRET: JWT_SECRET, FEDERATION: "on" });
  const created = await server.graphql("mutation { createSession { sessionId } }", {}, credential);
  sessionId = created.data.createSession.sessionId;
});
afterAll(async () => {
  Object.assign(COMPILING, shares);
  await server.close();
  await subgraph.close();
});

/** What differs each time a request is repeated. */
const CHANGING = /"(token|requestId|id|sessionId|createdAt|expiresAt|key|expireTime)":("[^"]*"|\d+)/g;

/** Sends one request three times, the last two perhaps to compiled code. Everything that can be seen must be equal. */
async function thrice(body: object, headers: Record<string, string> = {}, to = server) {
  const seen = [];
  for (let i = 0; i < 3; i++) {
    const lines = to.log().length;
    const audited = to.audit().length;
    const response = await fetch(to.url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${credential}`, ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const logged = () =>
      to
        .log()
        .slice(lines)
        .filter(({ path }) => path === "/graphql");
    await expect.poll(() => logged().length).toBe(1);
    const received = Object.fromEntries(response.headers);
    for (const name of ["date", "x-request-id", "content-length"]) delete received[name];
    seen.push({
      status: response.status,
      text: text.replace(CHANGING, '"$1":"…"'),
      headers: received,
      logged: logged().map(({ operation, code, status, level, msg }) => ({
        operation,
        code,
        status,
        level,
        msg,
      })),
      warned: to
        .log()
        .slice(lines)
        .filter(({ level, requestId }) => Number(level) >= 40 && requestId)
        .map(({ level, msg }) => ({ level, msg })),
      // Refusals are written together, later.
      audited: to
        .audit()
        .slice(audited)
        .map(({ event }) => event)
        .filter((event) => event !== "request.refused"),
    });
  }
  const [first, second, third] = seen;
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  return { ...first, answer: JSON.parse(first?.text ?? "") };
}

it("a literal is no code", async () => {
  const literal = "__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74dglobalThis.stagepassWasHere=true";
  const { answer } = await thrice({ query: `{ participant(id: "${literal}") { id } }` });
  expect(answer).toEqual({ data: { participant: null } });
  expect(globalThis).not.toHaveProperty("stagepassWasHere");
});

const TOKEN =
  "mutation A($id: ID!, $data: String) { generateToken(sessionId: $id, data: $data) { data token role } }";
const SEVERAL = `${TOKEN} query B($id: ID!) { session(sessionId: $id) { name } } query C { videoCaller { subject } }`;
const SERIAL = `mutation($id: ID!, $n: Int) {
  a: generateToken(sessionId: $id) { role } bad: generateToken(sessionId: $id, expiresIn: $n) { role session { name } }
  b: generateToken(sessionId: $id, role: MODERATOR) { role __typename session { id generateToken(expiresIn: $n) { role } } }
  ban: liftBan(id: $id) { id } c: createSession { mediaMode generateToken { role } } __typename }`;
const BATCH = `mutation($id: ID!, $requests: [TokenRequest!]!) { x: __typename generateTokens(sessionId: $id, requests: $requests) {
  ...T x: __typename ... on TokenRefusal { code message argument } } }
  fragment T on TokenOutcome { __typename ... on ConnectionToken { ...U format } } fragment U on ConnectionToken { role data data }`;
const MERGED = `query($id: ID!) { session(sessionId: $id) { name participants { nodes { id } } ...S }
  session(sessionId: $id) { issuedTokens(first: 1) { nodes { role } } mode: mediaMode } }
  fragment S on Session { participants { pageInfo { hasNextPage } nodes { id role } } issuedTokens(first: 1) { totalCount } }`;

describe("a request that is repeated has one answer, log line and audit trail:", () => {
  const id = { toJSON: () => sessionId };
  it.each<[string, object]>([
    [
      "an absent variable with a name of Object.prototype",
      { query: TOKEN.replaceAll("$data", "$constructor"), variables: { id } },
    ],
    ["the absent variable toString", { query: TOKEN.replaceAll("$data", "$toString"), variables: { id } }],
    ["null for a variable", { query: TOKEN, variables: { id, data: null } }],
    ["a variable more", { query: TOKEN, variables: { id, other: { a: [1] } } }],
    ["no variables", { query: TOKEN, variables: null }],
    ["a variable of another type", { query: TOKEN, variables: { id, data: ["x"] } }],
    ["a number as an ID", { query: TOKEN, variables: { id: 12 } }],
    ["data that is too long", { query: TOKEN, variables: { id, data: "é".repeat(2000) } }],
    ["an empty operationName", { query: TOKEN, operationName: "", variables: { id } }],
    ["a wrong operationName", { query: TOKEN, operationName: "B", variables: { id } }],
    [
      "the operationName of the prototype",
      { query: TOKEN.replace(" A(", " __proto__("), operationName: "__proto__", variables: { id } },
    ],
    ["none of several operations", { query: SEVERAL, variables: { id } }],
    ["the first of several operations", { query: SEVERAL, operationName: "A", variables: { id } }],
    ["the second of several operations", { query: SEVERAL, operationName: "B", variables: { id } }],
    ["the third of several operations", { query: SEVERAL, operationName: "C" }],
    ["failures amid a mutation", { query: SERIAL, variables: { id, n: -1 } }],
    [
      "a batch with refusals",
      {
        query: BATCH,
        variables: { id, requests: [{}, { role: "MODERATOR", data: "x".repeat(1001) }, { expireTime: 1 }] },
      },
    ],
    ["a batch of one that is no list", { query: BATCH, variables: { id, requests: { data: "a" } } }],
    ["an empty batch", { query: BATCH, variables: { id, requests: [] } }],
    ["an unknown member of an input", { query: BATCH, variables: { id, requests: [{ constructor: 1 }] } }],
    ["one field asked for in parts", { query: MERGED, variables: { id } }],
    [
      "an alias __proto__",
      {
        query: "query($id: ID!) { session(sessionId: $id) { __proto__: mediaMode name } }",
        variables: { id },
      },
    ],
    [
      "an instant that is none",
      {
        query: "query($t: DateTime) { sessions(filter: { createdAfter: $t }) { totalCount } }",
        variables: { t: "x" },
      },
    ],
    [
      "a token in a query",
      {
        query:
          "query($id: ID!) { a: session(sessionId: $id) { b_c: generateToken { role } } c_a: session(sessionId: $id) { b: participantCount } }",
        variables: { id },
      },
    ],
    [
      "a malformed token",
      {
        query: "query($t: String!) { inspectToken(token: $t) { status reason } }",
        variables: { t: "canary" },
      },
    ],
    [
      "a persisted query with a wrong hash",
      { query: TOKEN, variables: { id }, extensions: { persistedQuery: { version: 1, sha256Hash: "0" } } },
    ],
    ["extensions", { query: TOKEN, variables: { id }, extensions: { persistedQuery: null } }],
  ])("%s", async (_, body) => {
    await thrice(body);
    await thrice(body, { authorization: `Bearer ${lesser}`, accept: "application/graphql-response+json" });
  });

  it.each(["RATE_LIMITED", "LEDGER_UNAVAILABLE", "PLATFORM_UNAVAILABLE"])(
    "with the fault %s",
    async (fault) => {
      const query =
        "mutation($id: ID!) { generateToken(sessionId: $id) { role } createSession { mediaMode } }";
      await thrice({ query, variables: { id } });
      await thrice({ query, variables: { id } }, { "x-stagepass-fault": fault });
    },
  );

  it("entities that fail apart, also for a router that traces", async () => {
    const query =
      "query($r: [_Any!]!) { _entities(representations: $r) { ... on Session { name sessionId } } }";
    const entity = { __typename: "Session", sessionId: "1_x" };
    for (const r of [
      [entity, entity],
      [{ ...entity, constructor: 1 }, { __typename: "Session" }],
      {},
      [null],
    ]) {
      await thrice({ query, variables: { r } }, {}, subgraph);
      await thrice({ query, variables: { r } }, { authorization: `Bearer ${lesser}` }, subgraph);
    }
  });
});
