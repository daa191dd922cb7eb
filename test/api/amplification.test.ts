import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await startServer();
  id = await server.createSession();
});
afterAll(() => server.close());

const times = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(" ");
const hashed = (query: string) => ({
  persistedQuery: { version: 1, sha256Hash: createHash("sha256").update(query).digest("hex") },
});

async function post(body: object, of = server, headers: Record<string, string> = {}) {
  const response = await fetch(of.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const { data, errors = [] } = JSON.parse(text);
  return { status: response.status, bytes: Buffer.byteLength(text), data, errors };
}

describe("the answer of a batch has at most 4 MB", () => {
  const MOST = 2000 * 2048;
  const LONG = "中".repeat(1000);
  const TOKENS = `... on ConnectionToken { ${times(4, (i) => `t${i}: token`)} ${times(11, (i) => `d${i}: data`)} }`;

  it.each([440, 40])("when %i of its requests are the same variable", async (mentions) => {
    const query = `mutation($id: ID!, $r: TokenRequest!) {
      generateTokens(sessionId: $id, requests: [${"$r ".repeat(mentions)}]) { ${TOKENS} } }`;
    const r = { format: "T1", data: LONG, initialLayoutClassList: [LONG] };
    expect((await post({ query, variables: { id, r } })).bytes).toBeLessThanOrEqual(MOST);
  });

  it("when a refusal has other fields under the same names", async () => {
    const query = `mutation($id: ID!, $r: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $r) {
      ... on ConnectionToken { ${times(7, (i) => `x${i}: token`)} } ... on TokenRefusal { ${times(7, (i) => `x${i}: message`)} } } }`;
    const r = Array(84).fill({ format: "T1", data: LONG, initialLayoutClassList: [LONG] });
    expect((await post({ query, variables: { id, r } })).bytes).toBeLessThanOrEqual(MOST);
  });

  it("when its requests are in a persisted query, which is not sent with it", async () => {
    const requests = times(20, () => `{ format: T1, data: "${LONG}", initialLayoutClassList: ["${LONG}"] }`);
    const query = `query Small { videoCaller { id } } mutation Large($id: ID!) {
      generateTokens(sessionId: $id, requests: [${requests}]) { ... on ConnectionToken { ${times(15, (i) => `t${i}: token`)} } } }`;
    const extensions = hashed(query);
    expect((await post({ query, extensions, operationName: "Small" })).errors).toEqual([]);
    const { bytes } = await post({ extensions, variables: { id }, operationName: "Large" });
    expect(bytes).toBeLessThanOrEqual(MOST);
  });
});

it.each([
  [
    "a long list of wrong values",
    "mutation($id: ID!, $x: [String!]) { generateToken(sessionId: $id, initialLayoutClassList: $x) { token } }",
    Array(60_000).fill(1),
  ],
  [
    "many unknown members",
    "mutation($id: ID!, $x: TokenRequest!) { generateTokens(sessionId: $id, requests: [$x]) { __typename } }",
    Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`k${i}`, 1])),
  ],
])("variables that do not fit are refused with the first of them: %s", async (_, query, x) => {
  const begin = performance.now();
  const { status, errors } = await post({ query, variables: { id: "1_x", x } });
  expect(performance.now() - begin).toBeLessThan(1000);
  expect([status, errors.length]).toEqual([200, 2]);
  for (const { extensions } of errors) expect(extensions.code).toBe("BAD_USER_INPUT");
});

it("an introspection can be asked for again and again by a router that wants traces", async () => {
  const subgraph = await startServer({ FEDERATION: "on" });
  for (let i = 0; i < 3; i++) {
    const headers = { "apollo-federation-include-trace": "ftv1" };
    const { status, errors } = await post(
      { query: "{ __schema { queryType { name } } }" },
      subgraph,
      headers,
    );
    expect([status, errors]).toEqual([200, []]);
  }
  await subgraph.close();
});

it("a persisted query may have comments, which its hash has, too", async () => {
  const query = "# by hand\n{ videoCaller { id } }";
  for (const body of [{ query, extensions: hashed(query) }, { extensions: hashed(query) }]) {
    expect((await post(body)).errors).toEqual([]);
  }
});
