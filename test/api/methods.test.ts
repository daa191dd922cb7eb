import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serverForTest, startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** What is answered to a GET with these parameters. */
async function get(parameters: Record<string, string>, { url } = server) {
  const response = await fetch(`${url}?${new URLSearchParams(parameters)}`, {
    headers: { "apollo-require-preflight": "1" },
  });
  const text = await response.text();
  return { status: response.status, allow: response.headers.get("allow"), text, ...JSON.parse(text) };
}

const CANARY = "canary.canary-token.canary";
const REFUSED = {
  status: 405,
  allow: "POST",
  errors: [
    {
      message: "Send inspectToken by POST: a GET puts the token into the URL, which proxies log",
      extensions: { code: "METHOD_NOT_ALLOWED", retryable: false },
    },
  ],
};
const INSPECT = "query Inspect($token: String!) { inspectToken(token: $token) { status } }";
const variables = JSON.stringify({ token: CANARY });

describe("inspectToken by GET", () => {
  it.each<[string, Record<string, string>]>([
    ["with the token in the document", { query: `{ inspectToken(token: "${CANARY}") { status } }` }],
    ["with the token in a variable", { query: INSPECT, variables }],
    ["with an alias", { query: `{ x: inspectToken(token: "${CANARY}") { status } }` }],
    ["beside another field", { query: `{ __typename inspectToken(token: "${CANARY}") { status } }` }],
    [
      "in a fragment",
      { query: `{ ...F } fragment F on Query { inspectToken(token: "${CANARY}") { status } }` },
    ],
    ["in a fragment without a name", { query: `{ ... { inspectToken(token: "${CANARY}") { status } } }` }],
    [
      "as one of several operations",
      { query: `query A { __typename } ${INSPECT}`, operationName: "Inspect", variables },
    ],
    [
      "where it is skipped",
      { query: `{ __typename inspectToken(token: "${CANARY}") @skip(if: true) { status } }` },
    ],
  ])("is refused, and its token is not repeated: %s", async (_, parameters) => {
    const lines = server.log().length;
    const { text, ...answer } = await get(parameters);
    expect(answer).toMatchObject(REFUSED);
    expect(answer).not.toHaveProperty("data");
    expect(text).not.toContain("canary");
    await expect
      .poll(() => server.log().slice(lines))
      .toContainEqual(expect.objectContaining({ msg: "request", status: 405, code: "METHOD_NOT_ALLOWED" }));
    expect(JSON.stringify(server.log().slice(lines))).not.toContain("canary");
  });

  it("is refused where its document is persisted by its hash", async () => {
    const persistedQuery = { version: 1, sha256Hash: createHash("sha256").update(INSPECT).digest("hex") };
    const extensions = JSON.stringify({ persistedQuery });
    const registered = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: INSPECT, variables: { token: CANARY }, extensions: { persistedQuery } }),
    });
    expect(await registered.json()).toEqual({ data: { inspectToken: { status: "INVALID" } } });
    expect(await get({ extensions, variables })).toMatchObject(REFUSED);
  });

  it("is refused where its document is a trusted one", async () => {
    const manifest = join(temporaryFolder(), "manifest.json");
    writeFileSync(manifest, JSON.stringify({ inspect: INSPECT, typename: "{ __typename }" }));
    const trusting = await serverForTest({
      TRUSTED_DOCUMENTS: "enforce",
      TRUSTED_DOCUMENTS_MANIFEST: manifest,
    });
    expect(await get({ documentId: "inspect", variables }, trusting)).toMatchObject(REFUSED);
    expect(await get({ documentId: "typename" }, trusting)).toMatchObject({ data: { __typename: "Query" } });
    expect(JSON.stringify(trusting.log())).not.toContain("canary");
  });

  it("is no matter of an operation that is not executed", async () => {
    const query = `query A { __typename } ${INSPECT}`;
    expect(await get({ query, operationName: "A" })).toMatchObject({
      status: 200,
      data: { __typename: "Query" },
    });
  });
});

it("inspectToken by POST is executed", async () => {
  const { data } = await server.graphql(INSPECT, { token: CANARY });
  expect(data).toEqual({ inspectToken: { status: "INVALID" } });
});

describe("an operation name that is empty is none", () => {
  const query = "query Only { __typename }";
  const DATA = { data: { __typename: "Query" } };
  const persistedQuery = { version: 1, sha256Hash: createHash("sha256").update(query).digest("hex") };
  const post = async (body: object) => {
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.json();
  };

  it.each<[string, object]>([
    ["by POST", { query, operationName: "" }],
    ["by POST, as null", { query, operationName: null }],
    ["by POST, in Apollo's HTTP layer", { query, operationName: "", extensions: { persistedQuery } }],
    ["by POST, with a hash alone", { operationName: "", extensions: { persistedQuery } }],
  ])("%s", async (_, body) => {
    expect(await post(body)).toEqual(DATA);
  });

  it("by GET", async () => {
    expect(await get({ query, operationName: "" })).toMatchObject(DATA);
    expect(await get({ query, operationName: "Only" })).toMatchObject(DATA);
  });

  it("so that several operations need one", async () => {
    const several = `${query} query Other { __typename }`;
    const code = { errors: [{ extensions: { code: "OPERATION_RESOLUTION_FAILURE", retryable: false } }] };
    expect(await post({ query: several, operationName: "" })).toMatchObject(code);
    expect(await get({ query: several, operationName: "" })).toMatchObject(code);
    expect(await post({ query, operationName: " " })).toMatchObject(code);
  });
});
