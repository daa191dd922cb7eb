import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { typePolicies } from "@stagepass/client/apollo";
import { OperationTypeNode } from "graphql";
import { credential, live } from "./live.ts";

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
