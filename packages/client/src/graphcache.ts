import type { CacheExchangeOpts, DataFields, KeyingConfig, UpdateResolver } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";

/** Has no key, so the cache keeps it inside its parent. */
const inside = () => null;

const keys: KeyingConfig = {
  AllowedSessionOptions: inside,
  BanConnection: inside,
  BanEdge: inside,
  // The result of a mutation, which has no parent in the cache: it is not stored.
  ConnectionToken: inside,
  IssuancePeriod: inside,
  IssuedTokenConnection: inside,
  IssuedTokenEdge: inside,
  PageInfo: inside,
  ParticipantConnection: inside,
  ParticipantEdge: inside,
  RoleCount: inside,
  SessionConnection: inside,
  SessionEdge: inside,
  TokenInspection: inside,
  TokenRefusal: inside,
  VideoGrant: inside,
  VideoProject: inside,
};

/** Removes tokens that a mutation selected below a session with an `id`. */
const forgetTokens =
  (field: string): UpdateResolver =>
  (result: DataFields, _args, cache) => {
    const session = result[field] as { __typename: "Session"; id?: string } | null;
    if (!session?.id) return;
    for (const { fieldName, arguments: args } of cache.inspectFields(session as never))
      if (fieldName === "generateToken") cache.invalidate(session as never, fieldName, args);
  };

/**
 * Options for `cacheExchange` of `@urql/exchange-graphcache`. The cache never stores a token, and adds the next page to
 * the `edges` of a list.
 */
export const graphcache: Pick<CacheExchangeOpts, "keys" | "resolvers" | "updates"> = {
  keys,
  resolvers: {
    Query: { bans: relayPagination(), issuedTokens: relayPagination(), sessions: relayPagination() },
    Session: { issuedTokens: relayPagination(), participants: relayPagination() },
  },
  updates: {
    Mutation: { createSession: forgetTokens("createSession"), ensureSession: forgetTokens("ensureSession") },
  },
};
