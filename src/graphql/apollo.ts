import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestListener } from "@apollo/server";
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
import { KnownOperations } from "./execution/known-operations.ts";
import { introspection } from "./introspection.ts";
import { limitCost } from "./limits/cost-limit.ts";
import { limitShape, MAX_TOKENS } from "./limits/limits.ts";
import { refuseSubscriptions, refuseTokensInUrls } from "./methods.ts";
import { type Measuring, UNMEASURED } from "./studio/studio.ts";
import { noteCode, noteOperation } from "./summary.ts";

/** What executes operations. */
export interface Engine {
  /** The caller starts it and provides the transport. */
  readonly apollo: ApolloServer<Context>;
  /** Answers requests that need no plugin, unless their operation is new. */
  readonly known: KnownOperations;
  readonly measures: Measuring["measures"];
}

/** Apollo Server for the schema, and the operations that it has executed. */
export function createEngine(
  schema: GraphQLSchema,
  production: boolean,
  logger: Logger,
  { plugins, account, measures }: Measuring = UNMEASURED,
): Engine {
  const format = production ? withoutSuggestions : formatError;
  const known = new KnownOperations(schema, format);
  const apollo = new ApolloServer<Context>({
    schema,
    logger,
    // Empty, so that Apollo Server reads none from the environment.
    apollo: { graphId: "", graphVariant: "", ...account },
    nodeEnv: production ? "production" : "development",
    // Every caller is authenticated, or on this machine.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: format,
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
      everyRequest(schema, known),
      ...plugins,
    ],
  });
  return { apollo, known, measures };
}

/** One plugin and one listener for all requests, because each plugin costs a round of promises in every phase. */
function everyRequest(schema: GraphQLSchema, known: KnownOperations): ApolloServerPlugin<Context> {
  const listener: GraphQLRequestListener<Context> = {
    async didResolveOperation(request) {
      noteOperation(request);
      refuseSubscriptions(request);
      refuseTokensInUrls(request);
      limitCost(request);
      known.learn(request);
    },
    responseForOperation: introspection(schema),
    didEncounterErrors: async (request) => completeErrors(request),
    async willSendResponse(request) {
      noteCode(request);
      chooseStatus(request.response, request.request.http?.headers.get("accept"));
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
