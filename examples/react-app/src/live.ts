import { createClient } from "graphql-ws";
import { accessToken } from "./access-token.ts";

/** The credential, as headers of HTTP and as the payload that opens a WebSocket. */
export async function credential(): Promise<{ authorization?: string }> {
  const token = await accessToken();
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The socket of subscriptions. It connects again by itself. */
export const live = createClient({
  url: () => new URL("/graphql", location.href).href.replace(/^http/, "ws"),
  // A browser cannot set headers on a WebSocket.
  connectionParams: credential,
  retryAttempts: Number.POSITIVE_INFINITY,
  // Only an error of `credential` is final: an unreachable server is an Event.
  shouldRetry: (problem) => !(problem instanceof Error),
});

/** Calls `read` a second after each connection, when the subscriptions have begun. Returns a function that stops this. */
export function afterConnecting(read: () => void): () => void {
  return live.on("connected", () => void setTimeout(read, 1000));
}
