import { RateLimited } from "../errors.ts";

/** The limits on each caller's requests in flight. */
export interface InFlightLimits {
  /** Unanswered requests. */
  readonly requests: number;
  /** The bytes of bodies and of unread responses. */
  readonly bytes: number;
  /** Connections whose last request was the caller's. */
  readonly connections: number;
}

/** A request in flight. */
export interface Passage {
  /**
   * Reserves bytes for the response, or corrects the reservation.
   *
   * @throws {RateLimited} if the caller has too many bytes in flight
   */
  reserve(answerBytes: number): void;

  /** Requires one more call of `leave`, because a request may run on after its client has disconnected. */
  hold(): void;

  /** Releases the request, its bytes and its reservation. */
  leave(): void;
}

/** The `Retry-After` of a caller with too much in flight, in seconds: until some response is sent. */
const RETRY_AFTER = 1;

interface Account {
  requests: number;
  bytes: number;
  connections: number;
}

/** Counts the requests in flight of each caller, and enforces the limits. */
export class InFlight<Connection extends object> {
  readonly #limits: InFlightLimits;
  readonly #accounts = new Map<string, Account>();
  readonly #callers = new WeakMap<Connection, string>();

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  /**
   * Admits a request.
   *
   * @param bodyBytes the largest possible size of its body
   * @throws {RateLimited} if the caller has too many requests or bytes in flight
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
   * @returns whether the connection is new; then report its end to `disconnected`
   * @throws {RateLimited} if the caller has too many connections
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

  /** Stops counting a connection. */
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
      `Too many ${what} are in flight; at most ${most} are allowed. Wait for responses, then try again`,
      RETRY_AFTER,
    );
  }
}
