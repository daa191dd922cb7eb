import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Caller } from "../access/caller.ts";
import type { Credentials } from "../access/credential.ts";
import type { OpenCredential } from "../access/open-credentials.ts";
import type { Begun } from "../graphql/subscriber.ts";
import type { OpenedSocket } from "./socket-route.ts";

/** The codes with which the server closes sockets. Clients of graphql-ws connect again after all but the last three. */
export const CLOSE = {
  /** The credential is missing, invalid, or no longer valid. Source: graphql-ws. */
  FORBIDDEN: 4403,
  /** A limit is reached, or the client reads too slowly (RFC 6455, the registry of IANA). */
  TRY_AGAIN_LATER: 1013,
  /** The client sends too many messages. */
  POLICY_VIOLATION: 1008,
  /** Source: graphql-ws. */
  BAD_REQUEST: 4400,
  INTERNAL_ERROR: 4500,
} as const;

/** The most messages and pings of a socket in a second: more than all of its subscriptions need to begin. */
export const MESSAGES_PER_SECOND = 200;
/** The most bytes that may wait to be sent on a socket. */
export const MAX_BUFFERED = 1024 * 1024;
/** How long a client may take to close, in milliseconds. */
const CLOSE_TIMEOUT = 1000;
/** The longest reason of a close frame, in bytes (RFC 6455, 5.5). */
const MAX_REASON = 123;

/** One socket for subscriptions. */
export class SubscriptionSocket implements OpenCredential {
  readonly socket: WebSocket;
  readonly opened: OpenedSocket;
  credentials: Credentials = {};
  /** Set before anything runs. */
  caller!: Caller;
  /** Whether it has answered the last ping. */
  isAlive = true;
  /** Its subscriptions, including those that are about to begin. */
  subscriptions = 0;
  /** Those that have begun. */
  readonly running = new Set<Begun["events"]>();
  #second = 0;
  #messages = 0;

  constructor(socket: WebSocket, opened: OpenedSocket) {
    this.socket = socket;
    this.opened = opened;
  }

  /** Counts a message, and closes the socket if there are too many. */
  receive(): boolean {
    if (this.socket.readyState !== WebSocket.OPEN) {
      // It closes: reading on would only take time from others.
      this.socket.pause();
      return false;
    }
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#messages = 0;
    this.#second = second;
    this.#messages += 1;
    if (this.#messages <= MESSAGES_PER_SECOND) return true;
    this.close(CLOSE.POLICY_VIOLATION, `More than ${MESSAGES_PER_SECOND} messages in a second`);
    return false;
  }

  /** Sends a message. Resolves when the system has taken it, so that a slow client gets fewer. */
  send(message: string): Promise<void> | void {
    const { socket } = this;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED) return this.tooSlow();
    return new Promise((resolve) => socket.send(message, () => resolve()));
  }

  tooSlow(): void {
    this.close(CLOSE.TRY_AGAIN_LATER, "The client reads too slowly");
  }

  onEnd(reason: string): void {
    this.close(CLOSE.FORBIDDEN, reason);
  }

  /** Closes the socket, and cuts it off if the client does not. */
  close(code: number, reason: string): void {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.opened.close(
      code,
      Buffer.from(reason)
        .subarray(0, MAX_REASON)
        .toString()
        .replace(/\uFFFD+$/, ""),
    );
    void sleep(CLOSE_TIMEOUT, undefined, { ref: false }).then(() => this.socket.terminate());
  }
}
