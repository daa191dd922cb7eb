import type { ApolloClient, FieldPolicy, TypePolicies } from "@apollo/client";
import { useApolloClient } from "@apollo/client/react";
import { relayStylePagination } from "@apollo/client/utilities";
import { useMemo } from "react";
import type { SendOperation } from "./token-source.ts";
import { useTokenSource, type VideoTokenOptions, type VideoTokenResult } from "./use-token-source.ts";

export type { VideoTokenOptions, VideoTokenResult } from "./use-token-source.ts";

/** A field that the cache neither stores nor finds. Its key has no arguments, because they may have connection data. */
const neverStored: FieldPolicy = { keyArgs: false, read: () => undefined, merge: () => undefined };

/**
 * Policies for `new InMemoryCache({ typePolicies })`. The cache never stores a token or an API key. `fetchMore` adds the next page to
 * the `edges` of a list; the `nodes` of a list stay those of the last page. Other types have the default `keyFields`: an
 * explicit `id` fails where a selection lacks it, with a message that contains the result.
 */
export const typePolicies: TypePolicies = {
  Query: {
    fields: {
      apiKeys: relayStylePagination(),
      bans: relayStylePagination(["filter"]),
      inspectToken: neverStored,
      issuedTokens: relayStylePagination(["filter"]),
      sessions: relayStylePagination(["filter"]),
    },
  },
  Mutation: {
    fields: { createApiKey: neverStored, generateToken: neverStored, generateTokens: neverStored },
  },
  Session: {
    fields: {
      generateToken: neverStored,
      issuedTokens: relayStylePagination(),
      participants: relayStylePagination(["present"]),
    },
  },
  // A change has all streams of a participant, so it replaces them.
  Participant: { fields: { streams: { merge: false } } },
  ConnectionToken: { keyFields: false },
  // There is one.
  VideoProject: { keyFields: [] },
};

/** Sends operations with an Apollo Client, past its cache. */
export function sendWithApollo(client: ApolloClient): SendOperation {
  return async (mutation, variables) => {
    const { data } = await client.mutate({
      mutation,
      variables: variables as Record<string, unknown>,
      fetchPolicy: "no-cache",
    });
    return data as never;
  };
}

/** A token for a room or a session, renewed while the component is mounted. Uses the client of `ApolloProvider`. */
export function useVideoToken(options: VideoTokenOptions): VideoTokenResult {
  const client = useApolloClient();
  return useTokenSource(
    useMemo(() => sendWithApollo(client), [client]),
    options,
  );
}
