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
import { refuseTokensInUrls } from "./methods.ts";
import { UNMEASURED } from "./studio/studio.ts";
import { noteCode, noteOperation } from "./summary.ts";

/** What Apollo Studio learns: the plugins that measure, and for whom. */
export interface Measuring {
  readonly plugins: readonly ApolloServerPlugin<Context>[];
  readonly account: ApolloConfigInput;
}

/** Apollo Server over the schema, to be started by the caller, and served by a transport of its own. */
export function createApollo(
  schema: GraphQLSchema,
  production: boolean,
  logger: Logger,
  { plugins, account }: Measuring = { plugins: UNMEASURED, account: {} },
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    logger,
    // Empty, so that it looks for none in the environment by itself.
    apollo: { graphId: "", graphVariant: "", ...account },
    nodeEnv: production ? "production" : "development",
    // Whoever gets here is a caller that is known, or of this machine.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: production ? withoutSuggestions : formatError,
    // Signals are the process's affair.
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    // Each error repeats the whole value until `completeErrors` takes it out: fifty of half a megabyte take 0.4 s.
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

/** One listener for all requests: each that is made for one, and each plugin, costs a round of promises in every phase. */
function everyRequest(schema: GraphQLSchema): ApolloServerPlugin<Context> {
  const listener: GraphQLRequestListener<Context> = {
    didResolveOperation(request) {
      noteOperation(request);
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
      // A client that has no name for its operation may send an empty one.
      if (request.operationName === "") delete request.operationName;
      return listener;
    },
  };
}

/** Apollo Sandbox, in development only: its page comes from Apollo's servers. */
function landingPage(production: boolean): ApolloServerPlugin {
  return production
    ? ApolloServerPluginLandingPageDisabled()
    : ApolloServerPluginLandingPageLocalDefault({ footer: false });
}
