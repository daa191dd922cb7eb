import type { ApolloLink } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";

/** The longest time between two attempts to connect, in milliseconds. */
const MAX_RETRY_WAIT = 30_000;

/** The WebSocket for subscriptions. It is open while there is a subscription. */
export class Live {
  readonly link: ApolloLink;
  #isOpen = false;
  readonly #listeners = new Set<() => void>();

  /** @param headers the credential, read again for each connection */
  constructor(uri: string, headers: () => Record<string, string>) {
    const client = createClient({
      url: socketUrl(uri),
      connectionParams: headers,
      retryAttempts: Number.POSITIVE_INFINITY,
      retryWait: (retries) =>
        new Promise((resolve) =>
          setTimeout(resolve, Math.min(1000 * 2 ** retries, MAX_RETRY_WAIT) * (0.5 + Math.random() / 2)),
        ),
      on: { connected: () => this.#become(true), closed: () => this.#become(false) },
    });
    this.link = new GraphQLWsLink(client);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #become(isOpen: boolean): void {
    this.#isOpen = isOpen;
    for (const listener of this.#listeners) listener();
  }
}

/** The URL of a WebSocket at a path beside the page. */
export function socketUrl(path: string): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}
