import { type Client, createClient } from "graphql-ws";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

/** What happened to a subscription, in order. */
export interface Heard {
  // biome-ignore lint/suspicious/noExplicitAny: a result has the shape of the subscription
  readonly results: any[];
  /** Why it ended; null if its server completed it. */
  readonly ended: Promise<unknown>;
  stop(): void;
}

export const CHANGES = `subscription ($id: ID!) { participantChanged(sessionId: $id) {
  id connectionId leftAt session { id } token { id } streams { id } } }`;

/** A client for one server that does not connect again. Its sockets are in `sockets`. */
export function subscriberOf(url: string, connectionParams: Record<string, unknown> = {}, headers = {}) {
  const sockets: WebSocket[] = [];
  class Socket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers });
      sockets.push(this);
    }
  }
  const client: Client = createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: Socket,
    connectionParams,
    retryAttempts: 0,
    lazyCloseTimeout: 100_000,
  });
  onTestFinished(async () => {
    await client.dispose();
    for (const socket of sockets) socket.terminate();
  });
  const subscribe = (query: string, variables: Record<string, unknown> = {}, more = {}): Heard => {
    const results: unknown[] = [];
    let stop = () => {};
    const ended = new Promise<unknown>((resolve) => {
      stop = client.subscribe(
        { query, variables, ...more },
        { next: (result) => results.push(result), error: resolve, complete: () => resolve(null) },
      );
    });
    return { results, ended, stop };
  };
  return { client, sockets, subscribe };
}
