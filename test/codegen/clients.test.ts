import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { GraphQLClient } from "graphql-request";
import jwt from "jsonwebtoken";
import { Client, cacheExchange, fetchExchange } from "urql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";
import {
  CreateSessionAndTokenDocument,
  CreateSessionDocument,
  GenerateTokenDocument,
  type GenerateTokenMutationVariables,
  SessionDocument,
  SessionsDocument,
} from "./generated/documents.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** What a front end does: create a session, get a token for it, and read it back. */
function expectToken(sessionId: string, token: string | undefined): void {
  expect(jwt.verify(token ?? "", API_SECRET)).toMatchObject({
    iss: API_KEY,
    session_id: sessionId,
    role: "moderator",
    connection_data: "username=bob",
  });
}
const options = (sessionId: string): GenerateTokenMutationVariables => ({
  sessionId,
  role: "MODERATOR",
  data: "username=bob",
});

describe("through the generated documents", () => {
  it("Apollo Client creates a session and a token, and knows the session by its ID", async () => {
    const client = new ApolloClient({ link: new HttpLink({ uri: server.url }), cache: new InMemoryCache() });
    const created = await client.mutate({
      mutation: CreateSessionDocument,
      variables: { mediaMode: "ROUTED", archiveMode: "ALWAYS", archiveName: "Monday" },
    });
    const sessionId = created.data?.createSession?.sessionId ?? "";
    const { data } = await client.mutate({ mutation: GenerateTokenDocument, variables: options(sessionId) });
    expectToken(sessionId, data?.generateToken?.token);

    const found = await client.query({ query: SessionDocument, variables: { sessionId } });
    expect(found.data?.session?.archiveName).toBe("Monday");
    expect(client.cache.extract()).toHaveProperty([`Session:${sessionId}`]);
    await expect(
      client.mutate({ mutation: GenerateTokenDocument, variables: { sessionId, expireTime: 1 } }),
    ).rejects.toSatisfy(
      (error) => CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions?.argument === "expireTime",
    );
    client.stop();
  });

  it("urql creates a session and a token", async () => {
    const client = new Client({
      url: server.url,
      exchanges: [cacheExchange, fetchExchange],
      preferGetMethod: false,
    });
    const created = await client.mutation(CreateSessionDocument, {}).toPromise();
    const sessionId = created.data?.createSession?.sessionId ?? "";
    const { data } = await client.mutation(GenerateTokenDocument, options(sessionId)).toPromise();
    expectToken(sessionId, data?.generateToken?.token);
    const listed = await client.query(SessionsDocument, { first: 1 }).toPromise();
    expect(listed.data?.sessions?.nodes[0]?.sessionId).toBe(sessionId);
  });

  it("graphql-request creates a session and a token, also in one round trip", async () => {
    const client = new GraphQLClient(server.url);
    const { createSession } = await client.request(CreateSessionDocument, {});
    const sessionId = createSession?.sessionId ?? "";
    const { generateToken } = await client.request(GenerateTokenDocument, options(sessionId));
    expectToken(sessionId, generateToken?.token);
    const both = await client.request(CreateSessionAndTokenDocument, {
      role: "MODERATOR",
      data: "username=bob",
    });
    expectToken(both.createSession?.sessionId ?? "", both.createSession?.generateToken?.token);
  });
});
