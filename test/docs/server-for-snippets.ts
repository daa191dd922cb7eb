import { expect, onTestFinished } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

/** Where the documents have a server. */
const DOCUMENTED_ORIGIN = "http://127.0.0.1:4000";

/** What a server is asked for each snippet first, so that there is a session, and a token of it. */
export const FIRST_SESSION = "mutation { createSession { sessionId generateToken { token } } }";

/** A server for the snippets of a document, and what their placeholders stand for there. */
export interface SnippetServer {
  readonly server: TestServer;
  /** The snippet with the server's address, a session of it for `1_MX4…`, and a token of it for `eyJ…`. */
  fill(code: string): string;
}

const shared = new Map<string, Promise<TestServer>>();

/** A server that all snippets with this environment share, and a session of the snippet's own. */
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

/** A server that goes when the test is over, if the test has not closed it. */
export async function serverForSnippets(env: Record<string, string>, credential?: string) {
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
