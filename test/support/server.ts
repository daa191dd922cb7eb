import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import pino from "pino";
import { onTestFinished } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { createServer } from "../../src/server.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "./callers.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, checkForSecrets, PRIVATE_KEY } from "./credentials.ts";

/** The start of a token, which it shares with others of its kind. */
const startOf = (token: string) => token.slice(0, 12);

/** A GraphQL server's answer, loosely typed for the tests. */
// biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of the query that it answers
type Answer = { status: number; data: any; errors: any[]; headers: Headers };

/**
 * A server on a real socket of this machine, with its own empty database unless `env` names one. In production, which
 * needs authentication, its callers may do everything unless `env` says how they are known.
 */
export async function startServer(env: Record<string, string> = {}, now = () => new Date()) {
  const lines: string[] = [];
  const said: string[] = [];
  const tokens = new Set<string>();
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const anybody = env.NODE_ENV === "production" && !env.AUTH_JWT_SECRET && !env.AUTH_JWKS_URI;
  const bearer = anybody ? signedJwt(EVERYTHING) : undefined;
  const auditLog = env.AUDIT_LOG ?? join(tmpdir(), `stagepass-audit-${randomUUID()}.jsonl`);
  const auditText = () => (existsSync(auditLog) ? readFileSync(auditLog, "utf8") : "");
  const config = parseConfig({
    PORT: "0",
    DATABASE_URL: ":memory:",
    PLATFORM: "local",
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    VONAGE_APPLICATION_ID: APPLICATION_ID,
    VONAGE_PRIVATE_KEY: PRIVATE_KEY,
    // Only tests of the console need its build.
    CONSOLE: "off",
    LOG_LEVEL: "trace",
    AUDIT_LOG: auditLog,
    ...(anybody && { AUTH_JWT_SECRET: JWT_SECRET }),
    ...env,
  });
  const server = await createServer(config, { logger: pino({ level: config.logLevel }, sink), now });
  const origin = new URL(server.url).origin;

  return {
    ...server,
    origin,

    /** Stops. Checks that no output contains a secret, and that no token is in the log or the audit trail. */
    async close() {
      await server.close();
      const log = lines.join("") + auditText();
      if (env.AUDIT_LOG === undefined) rmSync(auditLog, { force: true });
      checkForSecrets(log + said.join(""));
      if ((log + said.join("")).includes(JWT_SECRET)) throw new Error("the secret of callers was said");
      // Starts first, because a search for each of thousands of tokens takes half a minute.
      const logged = [...new Set([...tokens].map(startOf))].filter((start) => log.includes(start));
      for (const token of tokens)
        if (logged.includes(startOf(token)) && log.includes(token)) throw new Error("a token was logged");
    },

    /** Everything logged so far, in order. */
    log: (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line)),

    /** The audit trail so far. */
    audit: (): Record<string, unknown>[] =>
      auditText()
        .split("\n")
        .flatMap((line) => (line === "" ? [] : [JSON.parse(line)])),

    /** With a caller's credential, unless the server has no authentication. */
    async graphql(
      query: string,
      variables: Record<string, unknown> = {},
      credential = bearer,
      operationName?: string,
    ): Promise<Answer> {
      if (credential) tokens.add(credential);
      const response = await fetch(server.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(credential && { authorization: `Bearer ${credential}` }),
        },
        body: JSON.stringify({ query, variables, operationName }),
      });
      const text = await response.text();
      const { data, errors = [] } = JSON.parse(text);
      said.push(text);
      for (const [, token = ""] of JSON.stringify(data ?? null).matchAll(/"token":"([^"]+)"/g))
        tokens.add(token);
      return { status: response.status, data, errors, headers: response.headers };
    },

    /** The SQL of the queries during `act`, without those with which the server looks for removals each second. */
    async queriesDuring(act: () => Promise<unknown>): Promise<string[]> {
      const start = lines.length;
      await act();
      return lines
        .slice(start)
        .map((line) => JSON.parse(line).sql)
        .filter((sql) => sql !== undefined && !/^select .* from "removals"/.test(sql));
    },

    async createSession(): Promise<string> {
      const { data } = await this.graphql("mutation { createSession { sessionId } }");
      return data.createSession.sessionId;
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof startServer>>;

/** A server that is closed after the test. Concurrent tests pass their own `whenOver`. */
export async function serverForTest(
  env?: Record<string, string>,
  now?: () => Date,
  whenOver = onTestFinished,
): Promise<TestServer> {
  const server = await startServer(env, now);
  whenOver(() => server.close());
  return server;
}
