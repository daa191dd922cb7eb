import { join } from "node:path";
import fastify from "fastify";
import Libsql from "libsql";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NO_AUDIT } from "../../src/audit/audit.ts";
import { answerErrors } from "../../src/http/errors.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Takes the sessions table away under the server, and gives it back. */
function database(file: string) {
  const connection = new Libsql(file, { timeout: 2000 });
  return {
    breakDown: () => connection.exec("ALTER TABLE sessions RENAME TO canary_sessions"),
    mend: () => connection.exec("ALTER TABLE canary_sessions RENAME TO sessions"),
    close: () => connection.close(),
  };
}

describe("an unexpected error", () => {
  it("is masked, and found in the log by its request ID", async () => {
    const file = join(temporaryFolder(), "test.db");
    const server = await startServer({ DATABASE_URL: `file:${file}` });
    const tables = database(file);
    tables.breakDown();
    const { status, data, errors, headers } = await server.graphql("mutation { createSession { id } }");
    expect([status, data]).toEqual([200, { createSession: null }]);
    const requestId = headers.get("x-request-id");
    expect(errors).toEqual([
      {
        message: "Internal server error",
        path: ["createSession"],
        extensions: { code: "INTERNAL_SERVER_ERROR", retryable: false, requestId },
      },
    ]);
    expect(server.log()).toContainEqual(
      expect.objectContaining({
        requestId,
        msg: "unexpected error",
        err: expect.objectContaining({ message: expect.stringContaining("no such table") }),
      }),
    );
    tables.mend();
    expect((await server.graphql("mutation { createSession { id } }")).errors).toEqual([]);
    tables.close();
    await server.close();
  });
});

describe("a request that GraphQL refuses without a code", () => {
  it.each([
    ["a subscription", 400, { query: 'subscription { participantChanged(sessionId: "x") { id } }' }],
    [
      "a persisted query of another version",
      400,
      { query: "{ __typename }", extensions: { persistedQuery: { version: 2, sha256Hash: "x" } } },
    ],
    [
      "a persisted query whose hash is another's",
      400,
      { query: "{ __typename }", extensions: { persistedQuery: { version: 1, sha256Hash: "x" } } },
    ],
    ["extensions that are no object", 400, { query: "{ __typename }", extensions: 5 }],
  ])("is no error of the server's: %s", async (_, status, body) => {
    const server = await startServer();
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const { errors } = await response.json();
    expect(errors).toMatchObject([{ message: expect.not.stringMatching(/internal/i) }]);
    expect([response.status, errors[0].extensions.code]).toEqual([status, "BAD_REQUEST"]);
    expect(server.log().filter(({ msg }) => msg === "unexpected error")).toEqual([]);
    await server.close();
  });
});

describe("/readyz", () => {
  it("is 503 while the database does not answer, and /livez is not", async () => {
    const file = join(temporaryFolder(), "test.db");
    const server = await startServer({ DATABASE_URL: `file:${file}` });
    const probe = async (path: string) => (await fetch(server.origin + path)).status;
    expect([await probe("/readyz"), await probe("/livez")]).toEqual([200, 200]);
    const tables = database(file);
    tables.breakDown();
    await expect.poll(() => probe("/readyz")).toBe(503);
    expect(await probe("/livez")).toBe(200);
    await expect
      .poll(() => server.log())
      .toContainEqual(
        expect.objectContaining({
          level: 40,
          path: "/readyz",
          reason: expect.stringContaining("no such table"),
        }),
      );
    tables.mend();
    await expect.poll(() => probe("/readyz")).toBe(200);
    tables.close();
    await server.close();
  });

  it("asks the database once for a flood of questions", async () => {
    const server = await startServer({ METRICS_PORT: "0" });
    const ask = async (url: string) => (await fetch(url)).status;
    const begin = performance.now();
    const queries = await server.queriesDuring(async () => {
      const urls = Array.from({ length: 100 }, (_, i) =>
        i % 2 ? `${server.origin}/readyz` : server.metricsUrl,
      );
      expect(new Set(await Promise.all(urls.map((url) => ask(url ?? ""))))).toEqual(new Set([200]));
    });
    const asked = queries.filter((sql) => sql.startsWith('delete from "issued_tokens"')).length;
    expect(asked).toBeGreaterThan(0);
    // Again for each half a second that the flood has taken.
    expect(asked).toBeLessThanOrEqual(1 + (performance.now() - begin) / 500);
    await server.close();
  });
});

describe("in production", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ NODE_ENV: "production" });
  });
  afterAll(() => server.close());

  it("suggests no field names", async () => {
    expect((await server.graphql("{ sesions { nodes { id } } }")).errors[0].message).not.toMatch(
      /did you mean/i,
    );
  });

  it("repeats no long name of an operation", async () => {
    const canary = `canary_${"x".repeat(40)}`;
    const { errors } = await server.graphql("{ __typename }", {}, undefined, canary);
    expect(errors[0].extensions.code).toBe("OPERATION_RESOLUTION_FAILURE");
    expect(errors[0].message).not.toContain(canary);
  });

  it("shows no stack trace", async () => {
    const { errors } = await server.graphql('mutation { generateToken(sessionId: "x") { token } }');
    expect(Object.keys(errors[0].extensions).sort()).toEqual(["argument", "code", "retryable"]);
  });
});

describe("an unexpected error outside GraphQL", () => {
  it("is masked, and found in the log by its request ID", async () => {
    const lines: string[] = [];
    const app = fastify({ genReqId: () => "the-request" });
    answerErrors(app, pino({}, { write: (line) => lines.push(line) }), NO_AUDIT, "/graphql");
    app.get("/", () => {
      throw new Error("canary");
    });
    const { statusCode, body } = await app.inject("/");
    expect([statusCode, JSON.parse(body)]).toEqual([
      500,
      {
        errors: [
          {
            message: "Internal server error",
            extensions: { code: "INTERNAL_SERVER_ERROR", retryable: false, requestId: "the-request" },
          },
        ],
      },
    ]);
    expect(lines.join()).toMatch(/"requestId":"the-request".*canary/);
  });
});
