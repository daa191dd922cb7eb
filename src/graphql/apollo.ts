import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginLandingPageLocalDefault } from "@apollo/server/plugin/landingPage/default";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { Context } from "./context.ts";
import { completeErrors, formatError } from "./format-error.ts";

/** Apollo Server over the schema, to be started by the caller, and served by a transport of its own. */
export function createApollo(
  schema: GraphQLSchema,
  production: boolean,
  logger: Logger,
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    logger,
    nodeEnv: production ? "production" : "development",
    introspection: !production,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    formatError,
    // Signals are the process's affair.
    stopOnTerminationSignals: false,
    plugins: [landingPage(production), ApolloServerPluginCacheControlDisabled(), completeErrors],
  });
}

/** Apollo Sandbox, in development only: its page comes from Apollo's servers. */
function landingPage(production: boolean): ApolloServerPlugin {
  return production
    ? ApolloServerPluginLandingPageDisabled()
    : ApolloServerPluginLandingPageLocalDefault({ footer: false });
}
