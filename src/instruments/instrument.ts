import type { FastifyInstance } from "fastify";
import type { ClaimMember } from "../access/claim-problem.ts";
import type { OperationSummary } from "../graphql/summary.ts";
import type { OnRequestEnd } from "../http/requests.ts";
import type { CircuitState } from "../platform/circuit.ts";
import type { Tokens } from "../services/token-service.ts";
import type { IssuanceLedger } from "../store/store.ts";

/** Headers of a call. */
export type Headers = Readonly<Record<string, string>>;

/**
 * Wraps the server's components with metrics or traces. Without an instrument, nothing is wrapped. An instrument gets no secrets, and
 * no values that a caller made up.
 */
export interface Instrument {
  /** Follows the requests of an HTTP server that has no routes yet. */
  follow(app: FastifyInstance): void;

  /** Called for each request that has ended. */
  readonly requestEnded: OnRequestEnd;

  /** Wraps the execution of an operation. Afterwards, the summary says what it was. */
  operation<T>(summary: OperationSummary, execute: () => Promise<T>): Promise<T>;

  /** Wraps `tokens`. */
  tokens(tokens: Tokens): Tokens;

  /** Wraps a call to the platform, and adds headers to it. `route` is its path without IDs. */
  platformCall<T>(method: string, route: string, call: (headers: Headers) => Promise<T>): Promise<T>;

  /** Called when the platform's circuit breaker changes its state. */
  circuit(state: CircuitState): void;

  /** Wraps `ledger`. */
  ledger(ledger: IssuanceLedger): IssuanceLedger;

  /** Called for each commit of the ledger, with its number of records, its duration and whether it succeeded. */
  committed(records: number, milliseconds: number, done: boolean): void;

  /** Called after a purge of the ledger, with the number of deleted records. */
  purged(records: number): void;

  /** Called for each unreadable claim, or unreadable member of a claim. */
  unreadableClaim(member: ClaimMember): void;

  /** Called for each removal of a participant that the platform confirmed, and for each failed attempt with its cause. */
  removal(reason: string, failure: unknown): void;

  /** Called with the number of removals that the platform has not confirmed. */
  removalsPending(count: number): void;

  /** Called with how far the clock of this process is ahead of the database's. */
  clockSkew(milliseconds: number): void;

  /** Sends the remaining data, for two seconds at most, and stops. */
  stop(): Promise<void>;
}

/** Wraps and follows nothing. */
export const NO_INSTRUMENT: Instrument = {
  follow() {},
  requestEnded() {},
  operation: (_summary, execute) => execute(),
  tokens: (tokens) => tokens,
  platformCall: (_method, _route, call) => call({}),
  circuit() {},
  ledger: (ledger) => ledger,
  committed() {},
  purged() {},
  unreadableClaim() {},
  removal() {},
  removalsPending() {},
  clockSkew() {},
  async stop() {},
};

/** Combines two instruments: `outer` wraps `inner`. */
export function both(outer: Instrument, inner: Instrument): Instrument {
  return {
    follow(app) {
      outer.follow(app);
      inner.follow(app);
    },
    requestEnded(request, end) {
      outer.requestEnded(request, end);
      inner.requestEnded(request, end);
    },
    operation: (summary, execute) => outer.operation(summary, () => inner.operation(summary, execute)),
    tokens: (tokens) => outer.tokens(inner.tokens(tokens)),
    platformCall: (method, route, call) =>
      outer.platformCall(method, route, (headers) =>
        inner.platformCall(method, route, (more) => call({ ...headers, ...more })),
      ),
    circuit(state) {
      outer.circuit(state);
      inner.circuit(state);
    },
    ledger: (ledger) => outer.ledger(inner.ledger(ledger)),
    committed(records, milliseconds, done) {
      outer.committed(records, milliseconds, done);
      inner.committed(records, milliseconds, done);
    },
    purged(records) {
      outer.purged(records);
      inner.purged(records);
    },
    unreadableClaim(member) {
      outer.unreadableClaim(member);
      inner.unreadableClaim(member);
    },
    removal(reason, failure) {
      outer.removal(reason, failure);
      inner.removal(reason, failure);
    },
    removalsPending(count) {
      outer.removalsPending(count);
      inner.removalsPending(count);
    },
    clockSkew(milliseconds) {
      outer.clockSkew(milliseconds);
      inner.clockSkew(milliseconds);
    },
    async stop() {
      await Promise.all([outer.stop(), inner.stop()]);
    },
  };
}
