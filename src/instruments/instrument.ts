import type { ApolloServerPlugin } from "@apollo/server";
import type { FastifyInstance } from "fastify";
import type { ClaimMember } from "../access/claim-problem.ts";
import type { Context } from "../graphql/context.ts";
import type { OnRequestEnd } from "../http/requests.ts";
import type { CircuitState } from "../platform/rest-platform.ts";
import type { Tokens } from "../services/token-service.ts";
import type { IssuanceLedger } from "../store/store.ts";

/** Headers that go along with a call. */
export type Headers = Readonly<Record<string, string>>;

/**
 * What counts or follows what the server does, put around what it is made of. Without one nothing is put around anything. It is
 * told of nothing that is secret, and of no value that a caller made up.
 */
export interface Instrument {
  /** Follows the requests of an HTTP server that has no routes yet. */
  follow(app: FastifyInstance): void;

  /** Is told of each request that has ended. */
  readonly requestEnded: OnRequestEnd;

  /** Follows operations. */
  readonly plugins: readonly ApolloServerPlugin<Context>[];

  /** Behaves as `tokens` do. */
  tokens(tokens: Tokens): Tokens;

  /** Makes a call to the platform, with headers of its own, and resolves or rejects as that does. */
  platformCall<T>(call: (headers: Headers) => Promise<T>): Promise<T>;

  /** Is told whether the platform is left alone from now on. */
  circuit(state: CircuitState): void;

  /** Behaves as `ledger` does. */
  ledger(ledger: IssuanceLedger): IssuanceLedger;

  /** Is told of a commit of the ledger: how many records it has, how long it took, in milliseconds, and whether it was made. */
  committed(records: number, milliseconds: number, done: boolean): void;

  /** Is told how many old records a purge of the ledger forgot. */
  purged(records: number): void;

  /** Is told of a claim, or a member of one, that cannot be read. */
  unreadableClaim(member: ClaimMember): void;

  /** Is told how many milliseconds the clock of this process is ahead of the database's. */
  clockSkew(milliseconds: number): void;

  /** Sends what is left, for a second or two at most, and stops. */
  stop(): Promise<void>;
}

/** Follows nothing. */
export const NO_INSTRUMENT: Instrument = {
  follow() {},
  requestEnded() {},
  plugins: [],
  tokens: (tokens) => tokens,
  platformCall: (call) => call({}),
  circuit() {},
  ledger: (ledger) => ledger,
  committed() {},
  purged() {},
  unreadableClaim() {},
  clockSkew() {},
  async stop() {},
};

/** Two at once: `outer` around `inner`. */
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
    plugins: [...outer.plugins, ...inner.plugins],
    tokens: (tokens) => outer.tokens(inner.tokens(tokens)),
    platformCall: (call) =>
      outer.platformCall((headers) => inner.platformCall((more) => call({ ...headers, ...more }))),
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
    clockSkew(milliseconds) {
      outer.clockSkew(milliseconds);
      inner.clockSkew(milliseconds);
    },
    async stop() {
      await Promise.all([outer.stop(), inner.stop()]);
    },
  };
}
