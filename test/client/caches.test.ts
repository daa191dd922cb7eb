import { readFileSync } from "node:fs";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { cacheExchange } from "@urql/exchange-graphcache";
import { buildSchema, isObjectType } from "graphql";
import { Client, fetchExchange } from "urql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { typePolicies } from "../../packages/client/src/apollo.ts";
import { graphcache } from "../../packages/client/src/graphcache.ts";
import { JoinRoomDocument } from "../../packages/client/src/index.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** An operation of an application, with the `id` by which caches know a session. */
const ENSURE = gql`
  mutation Ensure($room: String!, $data: String) {
    ensureSession(name: $room) {
      id
      name
      generateToken(data: $data) {
        id
        token
        data
      }
    }
  }
`;
const INSPECT = gql`
  query Inspect($token: String!) {
    inspectToken(token: $token) {
      status
      data
    }
  }
`;
const SESSIONS = gql`
  query Sessions($first: Int, $after: String, $filter: SessionFilter) {
    sessions(first: $first, after: $after, filter: $filter) {
      edges {
        cursor
        node {
          id
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;
const DATA = "connection data of Ann";

it("the cache of Apollo Client stores no token, and lists grow page by page", async () => {
  const client = new ApolloClient({
    link: new HttpLink({ uri: server.url }),
    cache: new InMemoryCache({ typePolicies }),
  });
  const stored = () => JSON.stringify(client.cache.extract());
  const tokens: string[] = [];
  for (const mutation of [ENSURE, JoinRoomDocument]) {
    const { data } = await client.mutate<Record<string, { generateToken: { token: string } }>>({
      mutation: mutation as typeof ENSURE,
      variables: { room: "apollo 1", data: DATA },
    });
    tokens.push(data?.ensureSession?.generateToken.token ?? "");
  }
  const inspected = await client.query<{ inspectToken: { status: string } }>({
    query: INSPECT,
    variables: { token: tokens[0] },
  });
  expect(inspected.data?.inspectToken.status).toBe("ACTIVE");
  for (const token of tokens) {
    expect(token).toMatch(/^eyJ/);
    expect(stored()).not.toContain(token);
  }
  expect(stored()).not.toContain(DATA);
  expect(stored()).toContain("apollo 1");

  for (const room of ["apollo 2", "apollo 3"]) await client.mutate({ mutation: ENSURE, variables: { room } });
  const list = client.watchQuery<{ sessions: { edges: unknown[]; pageInfo: { endCursor: string } } }>({
    query: SESSIONS,
    variables: { first: 2, filter: { namePrefix: "apollo" } },
  });
  const shown = list.subscribe(() => {});
  const { data } = await list.refetch();
  expect(data?.sessions.edges).toHaveLength(2);
  await list.fetchMore({ variables: { after: data?.sessions.pageInfo.endCursor } });
  const edges = () => (list.getCurrentResult().data as typeof data)?.sessions.edges;
  await expect.poll(edges).toHaveLength(3);
  shown.unsubscribe();
  client.stop();
});

it("Graphcache stores no token", async () => {
  const client = new Client({
    url: server.url,
    preferGetMethod: false,
    exchanges: [cacheExchange(graphcache), fetchExchange],
  });
  let sessionId = "";
  for (const mutation of [ENSURE, JoinRoomDocument]) {
    const { data } = await client
      .mutation(mutation as typeof ENSURE, { room: "urql 1", data: DATA })
      .toPromise();
    expect(data.ensureSession.generateToken.token).toMatch(/^eyJ/);
    sessionId = data.ensureSession.id ?? sessionId;
  }
  const ask = async (fields: string, requestPolicy: "cache-only" | "network-only") => {
    const query = `query($sessionId: ID!) { session(sessionId: $sessionId) { id ${fields} } }`;
    const { data, error } = await client.query(query, { sessionId }, { requestPolicy }).toPromise();
    return JSON.stringify({ data, error: error?.message });
  };
  expect(await ask("name", "network-only")).toContain("urql 1");
  expect(await ask("name", "cache-only")).toContain("urql 1");
  expect(await ask(`name generateToken(data: "${DATA}") { token }`, "cache-only")).not.toContain("eyJ");
});

it("Graphcache knows every type without an ID", () => {
  const types = Object.values(buildSchema(readFileSync("schema.graphql", "utf8")).getTypeMap());
  const withoutId = types
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith("__") && !["Query", "Mutation", "Subscription"].includes(name))
    .filter((type) => !("id" in type.getFields()));
  expect(Object.keys(graphcache.keys ?? {})).toEqual(
    expect.arrayContaining(withoutId.map(({ name }) => name)),
  );
});
