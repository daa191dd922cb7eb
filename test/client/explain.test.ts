import { createHash } from "node:crypto";
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { ClientError, GraphQLClient } from "graphql-request";
import { Client, fetchExchange } from "urql";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { sendWithApollo } from "../../packages/client/src/apollo.ts";
import { sendWithFetch } from "../../packages/client/src/fetch.ts";
import {
  ERROR_CODES,
  type Explanation,
  explain,
  JoinRoomDocument,
  NotLoggedIn,
  type SendOperation,
} from "../../packages/client/src/index.ts";
import { sendWithUrql } from "../../packages/client/src/urql.ts";
import { ERROR_CODES as CODES_OF_SERVER } from "../../src/error-codes.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import {
  answer,
  answerJson,
  type FaultServer,
  resetAtOnce,
  resetInMidBody,
  startFaultServer,
} from "../support/fault-server.ts";
import { freePort } from "../support/postgres.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { fileOf } from "../support/temporary-folder.ts";

let server: TestServer;
let limited: TestServer;
let proxy: FaultServer;
beforeAll(async () => {
  server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET });
  limited = await startServer({ TOKENS_PER_MINUTE: "1" });
  proxy = await startFaultServer();
});
afterAll(() => Promise.all([server.close(), limited.close(), proxy.close()]));

it("knows the codes of the schema", () => {
  expect(ERROR_CODES).toEqual(CODES_OF_SERVER);
});

const headersOf = (credential?: string) => (credential ? { authorization: `Bearer ${credential}` } : {});

/** Each client library, as an application uses it. */
const CLIENTS: Record<string, (url: string, credential?: string) => SendOperation> = {
  "Apollo Client 4": (uri, credential) =>
    sendWithApollo(
      new ApolloClient({
        link: new HttpLink({ uri, headers: headersOf(credential) as Record<string, string> }),
        cache: new InMemoryCache(),
      }),
    ),
  urql: (url, credential) =>
    sendWithUrql(
      new Client({
        url,
        exchanges: [fetchExchange],
        preferGetMethod: false,
        fetchOptions: { headers: headersOf(credential) as Record<string, string> },
      }),
    ),
  "graphql-request": (url, credential) => {
    const client = new GraphQLClient(url, { headers: headersOf(credential) as Record<string, string> });
    return (document, variables) => client.request<never>({ document, variables: variables as object });
  },
  fetch: (url, credential) => sendWithFetch(url, () => credential && `Bearer ${credential}`),
};

const SECRET = "connection data of Ann";

describe.each(Object.entries(CLIENTS))("with %s, explain", (_, client) => {
  /** The explanation of a refused request for a token. */
  async function refusalOf(url: string, credential?: string, variables = {}): Promise<Explanation> {
    const send = client(url, credential);
    const asked = send(JoinRoomDocument, { room: "standup", data: SECRET, ...variables });
    const explanation = explain(
      await asked.then(
        () => expect.fail("a token was issued"),
        (error) => error,
      ),
    );
    const text = JSON.stringify(explanation);
    expect(text).not.toContain(SECRET);
    if (credential) expect(text).not.toContain(credential);
    return explanation;
  }

  it("tells a missing login from an expired one", async () => {
    expect(await refusalOf(server.url)).toEqual({
      code: "UNAUTHENTICATED",
      message: "You are not logged in. Log in, and try again.",
      detail: "Send the header Authorization: Bearer with a JWT or an API key",
      retryable: false,
    });
    expect(await refusalOf(server.url, signedJwt({ ...EVERYTHING, exp: 1 }))).toMatchObject({
      code: "UNAUTHENTICATED",
      message: "Your login has expired. Log in again.",
      retryable: false,
    });
  });

  it("names the argument, a missing permission, a ban and a limit", async () => {
    const everything = signedJwt({ ...EVERYTHING, sub: _ });
    expect(await refusalOf(server.url, everything, { expiresIn: 0 })).toMatchObject({
      code: "BAD_USER_INPUT",
      argument: "expiresIn",
      message: expect.stringContaining("expiresIn"),
      retryable: false,
    });
    expect(await refusalOf(server.url, signedJwt({ sub: "nobody", scope: "" }))).toMatchObject({
      code: "FORBIDDEN",
      message: expect.stringContaining("sessions:create"),
      retryable: false,
    });
    const ban = "mutation($identity: String!) { banIdentity(identity: $identity) { id } }";
    expect((await server.graphql(ban, { identity: _ }, everything)).errors).toEqual([]);
    expect(await refusalOf(server.url, everything, { identity: _ })).toMatchObject({
      code: "FORBIDDEN",
      message: "You cannot join this room.",
      bannedUntil: null,
      retryable: false,
    });
    // The first client of this test still gets its token.
    await client(limited.url)(JoinRoomDocument, { room: "standup" }).catch(() => {});
    const refused = await refusalOf(limited.url);
    expect(refused).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    expect(refused.retryAfter).toBeGreaterThan(0);
  });

  it("explains a refused document", async () => {
    const text = "{ __typename }";
    const id = createHash("sha256").update(text).digest("hex");
    const trusting = await startServer({
      TRUSTED_DOCUMENTS: "enforce",
      TRUSTED_DOCUMENTS_MANIFEST: fileOf(JSON.stringify({ [id]: text })),
    });
    onTestFinished(() => trusting.close());
    expect(await refusalOf(trusting.url)).toMatchObject({
      code: "QUERY_NOT_IN_SAFELIST",
      message: "This page and its server do not fit together. Load the page again.",
      retryable: false,
    });
  });

  it("explains answers of proxies, and of pages at a wrong URL", async () => {
    const page = "<!doctype html><title>Rooms</title>";
    const given = async (behaviour: Parameters<FaultServer["behave"]>[0]) => {
      proxy.behave(behaviour);
      return refusalOf(proxy.url, "a.secret.token");
    };
    expect(await given(answer(200, "text/html", page))).toMatchObject({
      code: "NOT_STAGEPASS",
      detail: expect.stringContaining("check the URL"),
      retryable: false,
    });
    expect(await given(answer(404, "text/html", page))).toMatchObject({
      code: "NOT_STAGEPASS",
      retryable: false,
    });
    expect(await given(answer(401, "text/html", page))).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await given(answer(403, "text/html", page))).toMatchObject({
      code: "FORBIDDEN",
      retryable: false,
    });
    expect(await given(answer(503, "text/html", page, { "retry-after": "7" }))).toEqual({
      code: "SERVICE_UNAVAILABLE",
      message: "The service is not available right now. Try again in a moment.",
      detail: expect.stringContaining("503"),
      retryable: true,
      retryAfter: 7,
    });
    expect(await given(answer(502, "text/plain", ""))).toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      retryable: true,
    });
    expect(await given(answer(429, "text/plain", "", { "retry-after": "3" }))).toMatchObject({
      code: "RATE_LIMITED",
      retryable: true,
      retryAfter: 3,
    });
    const stopping = {
      errors: [
        { message: "The server is stopping", extensions: { code: "SERVICE_UNAVAILABLE", retryable: true } },
      ],
    };
    expect(await given(answerJson(503, stopping, { "retry-after": "2" }))).toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      detail: "The server is stopping",
      retryable: true,
    });
    expect(
      await given(answerJson(200, { data: { ensureSession: null }, errors: [{ message: SECRET }] })),
    ).toMatchObject({
      code: "NOT_STAGEPASS",
    });
  });

  it("tells an offline browser from an unreachable server", async () => {
    const nobody = `http://127.0.0.1:${await freePort()}/graphql`;
    expect(await refusalOf(nobody)).toMatchObject({
      code: "UNREACHABLE",
      detail: expect.stringContaining("CORS_ORIGINS"),
      retryable: true,
    });
    for (const broken of [resetAtOnce, resetInMidBody]) {
      proxy.behave(broken);
      expect(await refusalOf(proxy.url)).toMatchObject({ code: "UNREACHABLE", retryable: true });
    }
    vi.stubGlobal("navigator", { onLine: false });
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await refusalOf(nobody)).toEqual({
      code: "OFFLINE",
      message: "You are offline.",
      retryable: true,
    });
  });
});

describe("explain", () => {
  it("takes an answer, its errors, or one of them", () => {
    const error = { message: "It is full", extensions: { code: "SESSION_FULL", retryable: true } };
    for (const each of [{ data: null, errors: [error] }, [error], error])
      expect(explain(each)).toMatchObject({ code: "SESSION_FULL", detail: "It is full", retryable: true });
  });

  it("understands a login that the page misses", () => {
    expect(explain(new NotLoggedIn())).toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
    expect(explain({ code: 4403, reason: "" })).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(explain({ code: 1001, reason: "" })).toMatchObject({ code: "UNREACHABLE", retryable: true });
  });

  it("says the end of a ban in the user's words", () => {
    const bannedUntil = "2027-01-31T18:00:00Z";
    const explanation = explain({ message: "No", extensions: { code: "FORBIDDEN", bannedUntil } });
    expect(explanation).toMatchObject({ bannedUntil, message: expect.stringContaining("2027") });
  });

  it("does not repeat the message of an error that it does not know", () => {
    const error = new SyntaxError(`Unexpected token, "${SECRET}" is not valid JSON`);
    for (const each of [error, new TypeError(`${SECRET} is not a function`), SECRET, undefined, null, 5])
      expect(explain(each)).toEqual({
        code: "UNKNOWN",
        message: "Something went wrong. Try again later.",
        detail: expect.not.stringContaining(SECRET),
        retryable: false,
      });
    const request = { query: "", variables: { data: SECRET } };
    const refused = new ClientError({ status: 400, headers: new Headers(), body: "" } as never, request);
    expect(refused.message).toContain(SECRET);
    expect(JSON.stringify(explain(refused))).not.toContain(SECRET);
  });
});
