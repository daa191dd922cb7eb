import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { now } from "../support/many-tokens.ts";
import { count } from "../support/records.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let sessionId: string;
beforeAll(async () => {
  server = await startServer({}, () => now);
  sessionId = await server.createSession();
});
afterAll(() => server.close());

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
