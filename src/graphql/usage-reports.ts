import type { ApolloServerPlugin, GraphQLRequestContext } from "@apollo/server";
import { ApolloServerPluginInlineTraceDisabled } from "@apollo/server/plugin/disabled";
import type { Logger } from "pino";
import type { Context } from "./context.ts";
import { CODES_ALONE } from "./studio.ts";

/** How long one attempt to send a report may take, how many there are, and how long all may take at the stop, in milliseconds. */
const ATTEMPT_DEADLINE = 5000;
const ATTEMPTS = 2;
const STOP_DEADLINE = 1000;

/** The longest name and version of a client that are reported, in characters. Tokens are longer. */
const MAX_CLIENT_LENGTH = 64;

/**
 * Reports to Apollo Studio which operations are asked for, how long they take and which fields they use, every ten seconds and
 * at the stop, and never while a request waits. A report has no values: not of variables, of arguments, of headers or of
 * answers. The times of single fields are not taken, which would have each resolver of each request wait for a clock.
 *
 * @param endpoint where reports go, without the path that Apollo gives them
 */
export async function usageReports(
  endpoint: string,
  logger: Logger,
): Promise<readonly ApolloServerPlugin<Context>[]> {
  // Not read where nothing is reported.
  const { ApolloServerPluginUsageReporting } = await import("@apollo/server/plugin/usageReporting");
  const stop = new AbortController();
  const plugin: ApolloServerPlugin<Context> = ApolloServerPluginUsageReporting<Context>({
    endpointUrl: endpoint,
    sendVariableValues: { none: true },
    sendHeaders: { none: true },
    sendErrors: CODES_ALONE,
    sendUnexecutableOperationDocuments: false,
    fieldLevelInstrumentation: 0,
    generateClientInfo: clientOf,
    requestTimeoutMs: ATTEMPT_DEADLINE,
    maxAttempts: ATTEMPTS,
    fetcher: (url, options) => send(url, options as RequestInit, stop.signal),
    // Not the endpoint's own words, which may repeat what it was sent.
    reportErrorFunction: ({ message }) =>
      logger.warn({ status: /HTTP status \d{3}/.exec(message)?.[0] ?? null }, "a usage report was not taken"),
  });
  return [withoutVariables(stoppedInTime(plugin, stop)), ApolloServerPluginInlineTraceDisabled()];
}

/** A redirection is an error: it would have the key follow to wherever it points. */
function send(url: string, options: RequestInit, stop: AbortSignal): Promise<Response> {
  const signal = AbortSignal.any([stop, ...(options.signal ? [options.signal] : [])]);
  return fetch(url, { ...options, redirect: "error", signal });
}

/** Reports have the names of variables, too, and those that a client sends may be anything. */
function withoutVariables(plugin: ApolloServerPlugin<Context>): ApolloServerPlugin<Context> {
  return {
    ...plugin,
    requestDidStart: async (context) =>
      plugin.requestDidStart?.({ ...context, request: { ...context.request, variables: undefined } }),
  };
}

/** The last report must not hold up the stop. */
function stoppedInTime(
  plugin: ApolloServerPlugin<Context>,
  stop: AbortController,
): ApolloServerPlugin<Context> {
  return {
    ...plugin,
    async serverWillStart(service) {
      const listener = await plugin.serverWillStart?.(service);
      return {
        ...listener,
        async serverWillStop() {
          const timer = setTimeout(() => stop.abort(), STOP_DEADLINE);
          await listener?.serverWillStop?.();
          clearTimeout(timer);
          stop.abort();
        },
      };
    },
  };
}

/** What a client calls itself, in the two headers that are for that. */
function clientOf({ request: { http } }: GraphQLRequestContext<Context>) {
  const said = (name: string) => http?.headers.get(name)?.slice(0, MAX_CLIENT_LENGTH) ?? "";
  return {
    clientName: said("apollographql-client-name"),
    clientVersion: said("apollographql-client-version"),
  };
}
