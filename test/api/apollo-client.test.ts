import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { SetContextLink } from "@apollo/client/link/context";
import Libsql from "libsql";
import { describe, expect, it, onTestFinished } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { freePort } from "../support/postgres.ts";
import { serverForTest } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Apollo Client 4, as a page has it. */
function clientOf(
  uri: string,
  { authorization, ...options }: { authorization?: string; useGETForQueries?: true } = {},
) {
  const credential = new SetContextLink(() => ({ headers: { ...(authorization && { authorization }) } }));
  const http = new HttpLink({ uri, ...options });
  const client = new ApolloClient({ link: ApolloLink.from([credential, http]), cache: new InMemoryCache() });
  onTestFinished(() => client.stop());
  return client;
}

/** The extensions of the first error that the client read in the answer. */
async function readBy(client: ApolloClient, text: string) {
  const document = gql(text);
  const isMutation = text.startsWith("mutation");
  const asked = isMutation ? client.mutate({ mutation: document }) : client.query({ query: document });
  const error = await asked.then(
    () => null,
    (error: unknown) => error,
  );
  if (!CombinedGraphQLErrors.is(error))
    throw new Error("it is no answer of GraphQL to the client", { cause: error });
  return error.errors[0]?.extensions;
}

const CREATE = "mutation { createSession { id } }";

describe("Apollo Client reads the code of", () => {
  it("a 401", async () => {
    const { url } = await serverForTest({ AUTH_JWT_SECRET: JWT_SECRET });
    expect(await readBy(clientOf(url), CREATE)).toEqual({ code: "UNAUTHENTICATED", retryable: false });
    expect(await readBy(clientOf(url, { authorization: "Bearer x" }), CREATE)).toMatchObject({
      code: "UNAUTHENTICATED",
    });
  });

  it("a refused document", async () => {
    const manifest = join(temporaryFolder(), "manifest.json");
    writeFileSync(manifest, JSON.stringify({ first: "{ __typename }" }));
    const { url } = await serverForTest({
      TRUSTED_DOCUMENTS: "enforce",
      TRUSTED_DOCUMENTS_MANIFEST: manifest,
    });
    expect(await readBy(clientOf(url), CREATE)).toEqual({ code: "QUERY_NOT_IN_SAFELIST", retryable: false });
  });

  it("a 429", async () => {
    const { url } = await serverForTest({ SESSIONS_PER_MINUTE: "1" });
    await clientOf(url).mutate({ mutation: gql(CREATE) });
    const extensions = await readBy(clientOf(url), CREATE);
    expect(extensions).toEqual({
      code: "RATE_LIMITED",
      retryable: true,
      retryAfterSeconds: expect.any(Number),
    });
  });

  it("a 503, before GraphQL and of it", async () => {
    const jwks = `http://127.0.0.1:${await freePort()}/`;
    const file = join(temporaryFolder(), "test.db");
    const { url } = await serverForTest({
      AUTH_JWKS_URI: jwks,
      DATABASE_URL: `file:${file}`,
      AUTH_JWT_SECRET: JWT_SECRET,
    });
    const known = clientOf(url, { authorization: `Bearer ${signedJwt(EVERYTHING)}` });
    const { data } = await known.mutate<{ createSession: { id: string } }>({ mutation: gql(CREATE) });
    const database = new Libsql(file, { timeout: 2000 });
    onTestFinished(() => void database.close());
    database.exec("ALTER TABLE issued_tokens RENAME TO away");
    const token = `mutation { generateToken(sessionId: "${data?.createSession.id}") { token } }`;
    expect(await readBy(known, token)).toEqual({
      code: "LEDGER_UNAVAILABLE",
      retryable: true,
      retryAfterSeconds: 2,
    });
    const header = Buffer.from('{"alg":"RS256","kid":"a"}').toString("base64url");
    const unknown = clientOf(url, { authorization: `Bearer ${header}.e30.AA` });
    expect(await readBy(unknown, CREATE)).toEqual({
      code: "AUTHENTICATION_UNAVAILABLE",
      retryable: true,
      retryAfterSeconds: 2,
    });
  });

  it("a token in a URL", async () => {
    const { url } = await serverForTest();
    const client = clientOf(url, { useGETForQueries: true });
    expect(await readBy(client, '{ inspectToken(token: "x") { status } }')).toMatchObject({
      code: "METHOD_NOT_ALLOWED",
    });
  });
});
