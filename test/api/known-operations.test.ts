import { join } from "node:path";
import Libsql from "libsql";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { COMPILING, KnownOperations } from "../../src/graphql/execution/known-operations.ts";
import { signedJwt } from "../support/callers.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PUBLISHER = signedJwt({
  sub: "ann",
  scope: "sessions:create sessions:read tokens:create ledger:read",
  video_grant: { roles: ["PUBLISHER"], sessions: ["*"] },
});
const TOKEN = `mutation Join($id: ID!, $role: Role, $data: String, $expireTime: Int) {
  generateToken(sessionId: $id, role: $role, data: $data, expireTime: $expireTime) { token role data __typename } }`;
const BATCH = `mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) {
  __typename ... on ConnectionToken { role data } ... on TokenRefusal { code message argument } } }`;
const LISTS = `query Lists($id: ID!) {
  node(id: $id) { __typename id ... on Session { mediaMode issuedTokens(first: 2) { totalCount nodes { role } } } }
  sessions(first: 1) { totalCount edges { node { ...Shown } } pageInfo { hasNextPage } } }
fragment Shown on Session { sessionId archiveMode }`;

/** What stays the same if a request is repeated. */
const repeated = (text: string) =>
  text.replace(/"token":"[^"]*"/g, '"token":"…"').replace(/"requestId":"[^"]*"/g, '"requestId":"…"');

const answer = vi.spyOn(KnownOperations.prototype, "answer");
const shares = { ...COMPILING };
beforeAll(() => {
  Object.assign(COMPILING, { share: 1, callersShare: 1 });
});
afterAll(() => {
  Object.assign(COMPILING, shares);
  answer.mockRestore();
});

/** The answer to a request that is sent three times, and whether compiled code gave the last one. Expects three equal answers. */
async function askThrice(server: TestServer, body: object, credential = PUBLISHER) {
  const seen: { status: number; headers: Record<string, string | null>; text: string }[] = [];
  for (let i = 0; i < 3; i++) {
    const headers = { "content-type": "application/json", authorization: `Bearer ${credential}` };
    const response = await fetch(server.url, { method: "POST", headers, body: JSON.stringify(body) });
    const { status, headers: received } = response;
    const kept = ["content-type", "retry-after", "cache-control"].map((name) => [name, received.get(name)]);
    seen.push({ status, headers: Object.fromEntries(kept), text: repeated(await response.text()) });
  }
  const [first, second, third] = seen;
  expect([second, third]).toEqual([first, first]);
  const isCompiled = (await answer.mock.results.at(-1)?.value) !== null;
  const lines = server.log().filter(({ path }) => path === "/graphql");
  const logged = lines.slice(-3).map(({ operation, code, status }) => ({ operation, code, status }));
  expect(logged).toEqual([logged[0], logged[0], logged[0]]);
  return { isCompiled, status: first?.status, ...JSON.parse(first?.text ?? "") };
}

describe("an operation that is sent three times", () => {
  let server: TestServer;
  let id: string;
  beforeAll(async () => {
    server = await startServer({ NODE_ENV: "production" });
    id = await server.createSession();
  });
  afterAll(() => server.close());

  it("has the same answer from compiled code", async () => {
    const body = { query: TOKEN, operationName: "Join", variables: { id, data: "a\u2028b" } };
    const { isCompiled, data } = await askThrice(server, body);
    expect(isCompiled).toBe(true);
    expect(data.generateToken).toMatchObject({ role: "PUBLISHER", data: "a\u2028b" });
    expect((await askThrice(server, { query: LISTS, variables: { id } })).isCompiled).toBe(true);
  });

  it.each([
    ["FORBIDDEN", { role: "MODERATOR" }],
    ["BAD_USER_INPUT", { expireTime: 5 }],
    ["SESSION_NOT_FOUND", { id: "1_nobodys" }],
  ])("has the same error %s from compiled code", async (code, variables) => {
    const body = { query: TOKEN, variables: { id, ...variables } };
    const { isCompiled, errors } = await askThrice(server, body);
    expect(isCompiled).toBe(true);
    expect(errors).toMatchObject([{ path: ["generateToken"], extensions: { code } }]);
  });

  it("has the same refusals in a batch from compiled code", async () => {
    const requests = [{}, { role: "MODERATOR" }, { data: "x".repeat(1001) }];
    const { isCompiled, data } = await askThrice(server, { query: BATCH, variables: { id, requests } });
    expect(isCompiled).toBe(true);
    expect(data.generateTokens.map(({ code = null }) => code)).toEqual([null, "FORBIDDEN", "BAD_USER_INPUT"]);
  });

  it.each([
    ["an invalid variable", TOKEN, { id: {} }],
    ["too many requests in a batch", BATCH, { requests: Array(1001).fill({}) }],
    ["a directive", `query($id: ID!) { session(sessionId: $id) { name @skip(if: false) } }`, {}],
    [
      "a default",
      `query($id: ID!, $n: Int = 1) { sessions(first: $n) { totalCount } node(id: $id) { id } }`,
      {},
    ],
    ["more than 100 fields", `query($id: ID!) { node(id: $id) { id } ${wide()} }`, {}],
  ])("has the same answer without compiled code, because of %s", async (_why, query, variables) => {
    const { isCompiled } = await askThrice(server, { query, variables: { id, ...variables } });
    expect(isCompiled).toBe(false);
  });
});

/** Ten lists with eleven fields each. */
function wide(): string {
  const names = "sessionId name mediaMode archiveMode archiveResolution e2ee createdAt";
  return Array.from(
    { length: 9 },
    (_, i) => `a${i}: sessions(first: 1) { totalCount nodes { ${names} id participantCount } }`,
  ).join(" ");
}

it("compiled code has the status of a ledger that cannot be written", async () => {
  const file = join(temporaryFolder(), "test.db");
  const server = await startServer({ DATABASE_URL: `file:${file}` });
  onTestFinished(() => server.close());
  const id = await server.createSession();
  const database = new Libsql(file, { timeout: 2000 });
  onTestFinished(() => void database.close());
  database.exec("ALTER TABLE issued_tokens RENAME TO away");
  const query = TOKEN;
  expect(await askThrice(server, { query, variables: { id } })).toMatchObject({
    isCompiled: true,
    status: 503,
  });
});
