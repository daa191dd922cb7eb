import { expect, onTestFinished } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

/** Where the documents have a server. */
export const DOCUMENTED_ORIGIN = "http://127.0.0.1:4000";

/** What each server is asked first, so that there is a session, and a token of it. */
export const FIRST_SESSION = "mutation { createSession { sessionId generateToken { token } } }";

/** A server for the snippets of a document, and what their placeholders stand for there. */
export interface SnippetServer {
  readonly server: TestServer;
  /** Stops it, before the test is over. */
  stop(): Promise<void>;
  /** The snippet with the server's address, a session of it for `1_MX4…`, and a token of it for `eyJ…`. */
  fill(code: string): string;
}

/** A server that goes when the test is over, and asks nobody for a credential unless `env` says so. */
export async function serverForSnippets(
  env: Record<string, string> = {},
  credential?: string,
): Promise<SnippetServer> {
  const server = await startServer(env);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= server.close();
    return stopped;
  };
  onTestFinished(stop);
  const { data, errors } = await server.graphql(FIRST_SESSION, {}, credential);
  expect(errors).toEqual([]);
  const { sessionId, generateToken } = data.createSession;
  return {
    server,
    stop,
    fill: (code) =>
      code
        .replaceAll(DOCUMENTED_ORIGIN, server.origin)
        .replaceAll("1_MX4…", sessionId)
        .replaceAll("eyJ…", generateToken.token),
  };
}
