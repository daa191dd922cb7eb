import { RateLimited } from "../errors.ts";

/** The most subscriptions of one socket, and of one caller on this server. */
export const MAX_PER_SOCKET = 100;
export const MAX_PER_CALLER = 1000;

/** When a client may try again, in seconds. */
const RETRY_AFTER = 1;

/** Counts subscriptions. */
export class SubscriptionCounts {
  readonly #ofCallers = new Map<string, number>();

  /** @throws {RateLimited} if the socket or its caller has too many */
  begin(socket: { subscriptions: number }, callerId: string): void {
    const ofCaller = this.#ofCallers.get(callerId) ?? 0;
    if (socket.subscriptions >= MAX_PER_SOCKET)
      throw new RateLimited(
        `Too many subscriptions on this WebSocket; at most ${MAX_PER_SOCKET} are allowed`,
        RETRY_AFTER,
      );
    if (ofCaller >= MAX_PER_CALLER)
      throw new RateLimited(`Too many subscriptions; each caller may have ${MAX_PER_CALLER}`, RETRY_AFTER);
    socket.subscriptions += 1;
    this.#ofCallers.set(callerId, ofCaller + 1);
  }

  end(socket: { subscriptions: number }, callerId: string): void {
    socket.subscriptions -= 1;
    const ofCaller = (this.#ofCallers.get(callerId) ?? 0) - 1;
    if (ofCaller > 0) this.#ofCallers.set(callerId, ofCaller);
    else this.#ofCallers.delete(callerId);
  }
}
