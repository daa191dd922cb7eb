import { RateLimited } from "../errors.ts";

/** The most that a caller may have in flight. */
export interface InFlightLimits {
  /** Requests that are not answered yet. */
  readonly requests: number;
  /** Of bodies, and of answers that are not read yet. */
  readonly bytes: number;
  /** Connections on which the last request was the caller's. */
  readonly connections: number;
}

/** A request that is in flight. */
export interface Passage {
  /**
   * Sets room aside for the answer, in bytes, or corrects it.
   *
   * @throws {RateLimited} when the caller has too many
   */
  reserve(answerBytes: number): void;

  /** Keeps what the request has until `leave` is called once more: it may be executed although its client has gone. */
  hold(): void;

  /** Gives back what the request had. */
  leave(): void;
}

/** After how many seconds a caller that has too much in flight may ask again: until something is answered. */
const RETRY_AFTER = 1;

interface Account {
  requests: number;
  bytes: number;
  connections: number;
}

/** What each caller has in flight, within limits. */
export class InFlight<Connection extends object> {
  readonly #limits: InFlightLimits;
  readonly #accounts = new Map<string, Account>();
  readonly #callers = new WeakMap<Connection, string>();

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  /**
   * Lets a request in.
   *
   * @param bodyBytes what its body may have
   * @throws {RateLimited} when the caller has too many requests or bytes in flight
   */
  enter(callerId: string, bodyBytes: number): Passage {
    const { requests, bytes } = this.#limits;
    const account = this.#accountOf(callerId);
    this.#check("requests", account.requests + 1, requests);
    this.#check("bytes", account.bytes + bodyBytes, bytes);
    account.requests += 1;
    account.bytes += bodyBytes;
    let answer = 0;
    let holders = 1;
    return {
      reserve: (answerBytes) => {
        if (answerBytes > answer) this.#check("bytes", account.bytes + answerBytes - answer, bytes);
        account.bytes += answerBytes - answer;
        answer = answerBytes;
      },
      hold: () => {
        holders += 1;
      },
      leave: () => {
        holders -= 1;
        if (holders > 0) return;
        account.requests -= 1;
        account.bytes -= bodyBytes + answer;
        this.#forget(callerId, account);
      },
    };
  }

  /**
   * Counts a connection for the caller of its last request.
   *
   * @returns whether it is a new one, whose end `disconnected` must be told
   * @throws {RateLimited} when the caller has too many
   */
  connected(callerId: string, connection: Connection): boolean {
    const before = this.#callers.get(connection);
    if (before === callerId) return false;
    const account = this.#accountOf(callerId);
    this.#check("connections", account.connections + 1, this.#limits.connections);
    if (before !== undefined) this.disconnected(connection);
    account.connections += 1;
    this.#callers.set(connection, callerId);
    return before === undefined;
  }

  /** Counts a connection no more. */
  disconnected(connection: Connection): void {
    const callerId = this.#callers.get(connection);
    const account = callerId === undefined ? undefined : this.#accounts.get(callerId);
    if (callerId === undefined || account === undefined) return;
    this.#callers.delete(connection);
    account.connections -= 1;
    this.#forget(callerId, account);
  }

  #accountOf(callerId: string): Account {
    const known = this.#accounts.get(callerId);
    if (known) return known;
    const account = { requests: 0, bytes: 0, connections: 0 };
    this.#accounts.set(callerId, account);
    return account;
  }

  #forget(callerId: string, { requests, connections }: Account): void {
    if (requests === 0 && connections === 0) this.#accounts.delete(callerId);
  }

  #check(what: keyof InFlightLimits, count: number, most: number): void {
    if (count <= most) return;
    throw new RateLimited(
      `You have too many ${what} in flight; at most ${most} are allowed. Wait for answers, and ask again`,
      RETRY_AFTER,
    );
  }
}
