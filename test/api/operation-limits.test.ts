import { getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let sessionId: string;
beforeAll(async () => {
  server = await startServer();
  sessionId = await server.createSession();
});
afterAll(() => server.close());

const times = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(" ");
const count = async () =>
  (await server.graphql("{ sessions(first: 100) { nodes { id } } }")).data.sessions.nodes.length;

/** A mutation with so many levels of fields. */
const deep = (levels: number) => {
  let query = "token";
  for (let level = levels - 2; level > 1; level--) {
    query = level % 2 === 0 ? `session { generateToken { ${query} } }` : query;
  }
  return query;
};

describe("an operation's limits", () => {
  it.each([
    ["10 root fields", `mutation { ${times(10, () => "createSession { id }")} }`],
    ["15 aliases", `mutation { createSession { ${times(15, (i) => `a${i}: id`)} } }`],
    ["a page of the largest size", "{ sessions(first: 100) { nodes { id name mediaMode createdAt } } }"],
    ["introspection, which is deep", getIntrospectionQuery()],
  ])("let %s pass", async (_, query) => {
    const { status, errors } = await server.graphql(query);
    expect([status, errors]).toEqual([200, []]);
  });

  it.each([
    ["11 root fields", `mutation { ${times(11, () => "createSession { id }")} }`, "11 root fields"],
    [
      "11 root fields of fragments",
      `mutation { ${times(11, () => "...F")} } fragment F on Mutation { createSession { id } }`,
      "11 root fields",
    ],
    [
      "11 root fields of which one is __typename",
      `mutation { ${times(10, () => "createSession { id }")} __typename }`,
      "11 root",
    ],
    ["16 aliases", `mutation { createSession { ${times(16, (i) => `a${i}: id`)} } }`, "16 aliases"],
    [
      "16 aliases of __typename",
      `mutation { createSession { ${times(16, (i) => `a${i}: __typename`)} } }`,
      "16 aliases",
    ],
    [
      "16 aliases of fragments",
      `mutation { createSession { id ...A ...A } } fragment A on Session { ${times(8, (i) => `a${i}: id`)} }`,
      "16 aliases",
    ],
    ["12 levels", `mutation { createSession { generateToken { ${deep(12)} } } }`, "levels of fields"],
    [
      "as many levels in fragments",
      `mutation { createSession { ...F } } fragment F on Session { generateToken { ...G } } fragment G on ConnectionToken { ${deep(12)} }`,
      "levels of fields",
    ],
    ["more than 1000 lexical tokens", `mutation { createSession { ${times(1000, () => "id")} } }`, "tokens"],
    [
      "too high a cost",
      `{ ${times(3, (i) => `s${i}: sessions(first: 100) { nodes { id name location e2ee mediaMode createdAt } }`)} }`,
      "costs",
    ],
    [
      "twenty tokens",
      `mutation { ${times(4, () => "createSession { id }")} ${times(8, (i) => `t${i}: createSession { generateToken { token session { generateToken { token } } } }`)} }`,
      "",
    ],
  ])("refuse %s, with nothing created", async (_, query, words) => {
    const before = await count();
    const { data, errors } = await server.graphql(query);
    expect(data).toBeUndefined();
    expect(errors[0].message).toContain(words);
    expect(["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"]).toContain(errors[0].extensions.code);
    expect(await count()).toBe(before);
  });

  it("count what variables ask for", async () => {
    const query = `query($first: Int) { a: sessions(first: $first) { ...C } b: sessions(first: $first) { ...C } }
      fragment C on SessionConnection { nodes { id name location e2ee mediaMode archiveMode createdAt } edges { node { id name location } } }`;
    expect((await server.graphql(query, { first: 10 })).errors).toEqual([]);
    const { data, errors } = await server.graphql(query, { first: 100 });
    expect([data, errors[0].message]).toEqual([undefined, expect.stringContaining("costs")]);
  });

  it.each<[number, string, Record<string, unknown>?]>([
    [500 + 24, "issuances { startsAt }"],
    [500 + 24 * 4, "issuances { startsAt counts { role count } }"],
    [500 + 1, "issuances(last: 1) { startsAt }"],
    [500 + 100 * 4, "issuances(interval: DAY, last: 100) { startsAt counts { role count } }"],
    [500 + 24, "issuances(last: null) { startsAt }"],
    [500 + 24, "issuances(last: $last) { startsAt }", {}],
    [500 + 24, "issuances(last: $last) { startsAt }", { last: null }],
    [500 + 7, "issuances(last: $last) { startsAt }", { last: 7 }],
    [500 + 100, "issuances(last: $last) { startsAt }", { last: 100 }],
    // As the dearest: they are refused later, and below zero they would pay for other fields.
    [500 + 100, "issuances(last: $last) { startsAt }", { last: 101 }],
    [500 + 100, "issuances(last: $last) { startsAt }", { last: -2_000_000_000 }],
    [5 + 5, "sessions(first: 1) { totalCount }"],
    [1 + 5 + 5, `session(sessionId: "1_x") { issuedTokens(first: 1) { totalCount } }`],
  ])("count %i for %s with %j", async (cost, field, variables) => {
    const head = variables ? "query($last: Int)" : "";
    const expensive = times(
      3,
      (i) => `s${i}: sessions(first: 100) { nodes { id name location e2ee mediaMode createdAt } }`,
    );
    const costOf = async (query: string) => {
      const { errors } = await server.graphql(query, variables);
      return Number(/costs (\d+);/.exec(errors[0].message)?.[1]);
    };
    const all = await costOf(`${head} { ${expensive} ${field} }`);
    expect(all - (await costOf(`{ ${expensive} }`))).toBe(cost);
  });

  it("are not paid for by a page of a size below zero", async () => {
    const page = (first: string, name: string) =>
      `${name}: sessions(first: ${first}) { nodes { id name location e2ee mediaMode createdAt } }`;
    for (const first of ["-1", "-1000", "$first"]) {
      const head = first === "$first" ? "query($first: Int)" : "";
      const query = `${head} { ${page("100", "a")} ${page("100", "b")} ${page("100", "c")} ${page(first, "d")} }`;
      const { data, errors } = await server.graphql(query, { first: -2_000_000_000 });
      expect([data, errors[0].message]).toEqual([undefined, expect.stringContaining("costs")]);
    }
  });

  it("hold for fragments that stand for any number of fields", async () => {
    const fragments = times(40, (i) => `fragment F${i} on Session { ...F${i + 1} ...F${i + 1} }`);
    const query = `{ session(sessionId: "${sessionId}") { ...F0 } } ${fragments} fragment F40 on Session { id @skip(if: true) }`;
    const { data, errors } = await server.graphql(query);
    expect([data, errors[0].extensions.code]).toEqual([undefined, "GRAPHQL_VALIDATION_FAILED"]);
  });

  it("say the wrong value of an argument in the words of every such error", async () => {
    const { errors } = await server.graphql(
      'mutation($r: Role) { generateToken(sessionId: "1_x", role: $r) { token } }',
      {
        r: "ADMIN",
      },
    );
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "role" } }]);
  });

  it.each([
    [
      "a directive",
      `query($on: Boolean!) { sessions(first: 100) { nodes { id ...P @include(if: $on) } } }
       fragment P on Session { issuedTokens(first: 100) { nodes { id } } }`,
      { on: false },
      { on: true },
    ],
    [
      "a directive of a fragment's field",
      `query($off: Boolean!) { sessions(first: 100) { nodes { id ...P } } }
       fragment P on Session { issuedTokens(first: 100) @skip(if: $off) { nodes { id } } }`,
      { off: true },
      { off: false },
    ],
    [
      "the size of a page",
      "query($first: Int) { sessions(first: 100) { nodes { issuedTokens(first: $first) { nodes { id } } } } }",
      { first: 1 },
      { first: 100 },
    ],
    [
      "the number of periods",
      `query($last: Int) { ${times(3, (i) => `p${i}: issuances(last: $last) { startsAt counts { role count } }`)} }`,
      { last: 1 },
      { last: 100 },
    ],
  ])("count what %s brings in with other variables later", async (_, query, cheap, expensive) => {
    for (let i = 0; i < 2; i++) {
      expect((await server.graphql(query, cheap)).errors).toEqual([]);
      const { data, errors } = await server.graphql(query, expensive);
      expect([data, errors[0].message]).toEqual([undefined, expect.stringContaining("costs")]);
    }
  });

  it("answer the second time as the first time, also when a variable must not be null", async () => {
    const query = `mutation($id: ID = "1_x") { createSession { id } generateToken(sessionId: $id) { token } }`;
    await server.graphql(query, {});
    const before = await count();
    const answers = [await server.graphql(query, { id: null }), await server.graphql(query, { id: null })];
    expect(answers[0]?.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    expect(answers[1]?.errors).toEqual(answers[0]?.errors);
    expect(await count()).toBe(before);
  });

  it("have status 400 in the media type of GraphQL over HTTP, and 200 in the older one", async () => {
    const status = async (accept: string) => {
      const response = await fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json", accept },
        body: JSON.stringify({
          query: `{ ${times(11, (i) => `session(sessionId: "${sessionId}${i}") { id }`)} }`,
        }),
      });
      return response.status;
    };
    expect(await status("application/graphql-response+json")).toBe(400);
    expect(await status("application/json")).toBe(200);
  });
});
