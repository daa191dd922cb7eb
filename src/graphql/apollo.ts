import {
  type ApolloConfigInput,
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLRequestListener,
} from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginLandingPageLocalDefault } from "@apollo/server/plugin/landingPage/default";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { Context } from "./context.ts";
import { documentStore } from "./documents.ts";
import { completeErrors, formatError, withoutSuggestions } from "./errors/format-error.ts";
import { chooseStatus } from "./errors/status.ts";
import { introspection } from "./introspection.ts";
import { limitCost } from "./limits/cost-limit.ts";
import { limitShape, MAX_TOKENS } from "./limits/limits.ts";
import { refuseSubscriptions, refuseTokensInUrls } from "./methods.ts";
import { UNMEASURED } from "./studio/studio.ts";
import { noteCode, noteOperation } from "./summary.ts";

/** The plugins that measure for Apollo Studio, and their account. */
export interface Measuring {
  readonly plugins: readonly ApolloServerPlugin<Context>[];
  readonly account: ApolloConfigInput;
}

/** Apollo Server for the schema. The caller starts it and provides the transport. */
export function createApollo(
  schema: GraphQLSchema,
  production: boolean,
  logger: Logger,
  { plugins, account }: Measuring = { plugins: UNMEASURED, account: {} },
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    logger,
    // Empty, so that Apollo Server reads none from the environment.
    apollo: { graphId: "", graphVariant: "", ...account },
    nodeEnv: production ? "production" : "development",
    // Every caller is authenticated, or on this machine.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: production ? withoutSuggestions : formatError,
    // The process handles signals.
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    // Each error repeats the whole value until `completeErrors` removes it: fifty errors of 512 KB take 0.4 s.
    executionOptions: { maxCoercionErrors: 1 },
    validationRules: [limitShape],
    documentStore: documentStore(),
    plugins: [
      landingPage(production),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      everyRequest(schema),
      ...plugins,
    ],
  });
}

/** One plugin and one listener for all requests, because each plugin costs a round of promises in every phase. */
function everyRequest(schema: GraphQLSchema): ApolloServerPlugin<Context> {
  const listener: GraphQLRequestListener<Context> = {
    didResolveOperation(request) {
      noteOperation(request);
      refuseSubscriptions(request);
      refuseTokensInUrls(request);
      return limitCost(request);
    },
    responseForOperation: introspection(schema),
    didEncounterErrors: completeErrors,
    willSendResponse(request) {
      noteCode(request);
      return chooseStatus(request);
    },
  };
  return {
    async requestDidStart({ request }) {
      // A client whose operation has no name may send an empty name.
      if (request.operationName === "") delete request.operationName;
      return listener;
    },
  };
}

/** Apollo Sandbox, only in development, because its page comes from Apollo's servers. */
function landingPage(production: boolean): ApolloServerPlugin {
  return production
    ? ApolloServerPluginLandingPageDisabled()
    : ApolloServerPluginLandingPageLocalDefault({ footer: false });
}
