import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { typePolicies } from "@stagepass/client/apollo";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { accessToken } from "./access-token.ts";

async function credential(): Promise<{ authorization?: string }> {
  const token = await accessToken();
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The socket of subscriptions. It connects again by itself. */
const live = createClient({
  url: () => new URL("/graphql", location.href).href.replace(/^http/, "ws"),
  // A browser cannot set headers on a WebSocket.
  connectionParams: credential,
  retryAttempts: Number.POSITIVE_INFINITY,
  // Only an error of `credential` is final: an unreachable server is an Event.
  shouldRetry: (problem) => !(problem instanceof Error),
});

const http = ApolloLink.from([
  new SetContextLink(async ({ headers }) => ({ headers: { ...headers, ...(await credential()) } })),
  new HttpLink({ uri: "/graphql" }),
]);

export const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(live),
    http,
  ),
  // The cache never stores a token.
  cache: new InMemoryCache({ typePolicies }),
});

/** Calls `read` a second after each connection, when the subscriptions have begun. Returns a function that stops this. */
export function afterConnecting(read: () => void): () => void {
  return live.on("connected", () => void setTimeout(read, 1000));
}
