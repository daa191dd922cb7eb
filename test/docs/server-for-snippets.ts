import { expect, onTestFinished } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

/** The address of the server in the documents. */
const DOCUMENTED_ORIGIN = "http://127.0.0.1:4000";

/** The first request for each snippet, which creates a session and a token. */
export const FIRST_SESSION = "mutation { createSession { sessionId generateToken { token } } }";

/** A server for the snippets of a document, and the values of their placeholders. */
export interface SnippetServer {
  readonly server: TestServer;
  /** The snippet with the server's address, a real session for `1_MX4…`, and a real token for `eyJ…`. */
  fill(code: string): string;
}

const shared = new Map<string, Promise<TestServer>>();

/** A server shared by all snippets with this environment, and the snippet's own session. */
export async function sharedServer(env: Record<string, string> = {}, credential?: string) {
  const key = JSON.stringify(env);
  const server = shared.get(key) ?? startServer(env);
  shared.set(key, server);
  return withSession(await server, credential);
}

/** For `afterAll`. */
export async function stopSharedServers(): Promise<void> {
  for (const server of shared.values()) await (await server).close();
  shared.clear();
}

/** A server that is closed after the test, unless the test closes it. */
export async function serverForSnippets(env: Record<string, string> = {}, credential?: string) {
  const server = await startServer(env);
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= server.close();
    return closed;
  };
  onTestFinished(close);
  return withSession({ ...server, close }, credential);
}

async function withSession(server: TestServer, credential?: string): Promise<SnippetServer> {
  const { data, errors } = await server.graphql(FIRST_SESSION, {}, credential);
  expect(errors).toEqual([]);
  const { sessionId, generateToken } = data.createSession;
  const values = { [DOCUMENTED_ORIGIN]: server.origin, "1_MX4…": sessionId, "eyJ…": generateToken.token };
  return {
    server,
    fill: (code) =>
      Object.entries(values).reduce((text, [said, value]) => text.replaceAll(said, value), code),
  };
}
