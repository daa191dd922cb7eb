import { expect, onTestFinished } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

/** Where the documents have a server. */
export const DOCUMENTED_ORIGIN = "http://127.0.0.1:4000";

/** A server for the snippets of a document, and what their placeholders stand for there. */
export interface SnippetServer {
  readonly server: TestServer;
  /** The snippet with the server's address, a session of it for `1_MX4…`, and a token of it for `eyJ…`. */
  fill(code: string): string;
}

/** A server that goes when the test is over, and asks nobody for a credential unless `env` says so. */
export async function serverForSnippets(
  env: Record<string, string> = {},
  credential?: string,
): Promise<SnippetServer> {
  const server = await startServer(env);
  onTestFinished(() => server.close());
  const { data, errors } = await server.graphql(
    "mutation { createSession { sessionId generateToken { token } } }",
    {},
    credential,
  );
  expect(errors).toEqual([]);
  const { sessionId, generateToken } = data.createSession;
  return {
    server,
    fill: (code) =>
      code
        .replaceAll(DOCUMENTED_ORIGIN, server.origin)
        .replaceAll("1_MX4…", sessionId)
        .replaceAll("eyJ…", generateToken.token),
  };
}
