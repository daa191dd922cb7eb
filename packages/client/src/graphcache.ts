import type { CacheExchangeOpts, KeyingConfig } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";

/** Has no key, so the cache keeps it inside its parent. */
const inside = () => null;

const isToken = (value: unknown) =>
  (value as { __typename?: string } | null)?.__typename === "ConnectionToken";

const keys: KeyingConfig = {
  AllowedSessionOptions: inside,
  ApiKeyConnection: inside,
  ApiKeyEdge: inside,
  BanConnection: inside,
  BanEdge: inside,
  // The result of a mutation, which has no parent in the cache: it is not stored.
  ConnectionToken: inside,
  // Also the result of a mutation.
  CreatedApiKey: inside,
  IssuancePeriod: inside,
  IssuedTokenConnection: inside,
  IssuedTokenEdge: inside,
  MissingPermission: inside,
  PageInfo: inside,
  ParticipantConnection: inside,
  ParticipantEdge: inside,
  Permission: inside,
  RoleCount: inside,
  // A session with a token stays out of the cache.
  Session: (session) => (Object.values(session).some(isToken) ? null : (session.id as string | null)),
  SessionConnection: inside,
  SessionEdge: inside,
  TokenInspection: inside,
  TokenRefusal: inside,
  VideoGrant: inside,
  VideoProject: inside,
};

/**
 * Options for `cacheExchange` of `@urql/exchange-graphcache`. The cache never stores a token or an API key from an answer, and adds the
 * next page to the `edges` of a list. Graphcache stores the arguments of queries, so send `inspectToken` past it, with `sendWithFetch`.
 */
export const graphcache: Pick<CacheExchangeOpts, "keys" | "resolvers"> = {
  keys,
  resolvers: {
    Query: {
      apiKeys: relayPagination(),
      bans: relayPagination(),
      issuedTokens: relayPagination(),
      sessions: relayPagination(),
    },
    Session: { issuedTokens: relayPagination(), participants: relayPagination() },
  },
};
