import { setImmediate, setTimeout } from "node:timers/promises";
import type { ApolloServerPlugin, BaseContext, GraphQLRequestContext } from "@apollo/server";
import { ApolloServerPluginInlineTraceDisabled } from "@apollo/server/plugin/disabled";
import type { Logger } from "pino";
import type { Context } from "../context.ts";
import { REPORT_INTERVAL, reportBudget } from "./report-budget.ts";
import { CODES_ALONE } from "./studio.ts";

/** The deadline of one attempt to send a report, the attempts, and the deadline at shutdown; times in milliseconds. */
const ATTEMPT_DEADLINE = 5000;
const ATTEMPTS = 2;
const STOP_DEADLINE = 1000;

/** A valid client name or version: shorter than any secret or token, and never a part of one. */
const CLIENT = /^[\w.@/ -]{1,30}$/;

/**
 * Reports operations, clients, durations and fields to Apollo Studio, every ten seconds and at shutdown. No request waits for
 * a report. A report has the signature of each operation: its document without strings, numbers, lists and objects. It has
 * no values of variables, no headers except the client's name and version, and nothing of an answer. There are no traces,
 * because these read a clock in every resolver.
 *
 * @param endpoint the base URL for reports, without Apollo's path
 * @param fetch sends the reports
 */
export async function usageReports(
  endpoint: string,
  logger: Logger,
  fetch: typeof globalThis.fetch,
): Promise<readonly ApolloServerPlugin<Context>[]> {
  // Loaded only for reports.
  const { ApolloServerPluginUsageReporting } = await import("@apollo/server/plugin/usageReporting");
  const sending = new Sending(fetch);
  const hasRoom = reportBudget(performance.now.bind(performance));
  const plugin: ApolloServerPlugin<Context> = ApolloServerPluginUsageReporting<Context>({
    endpointUrl: endpoint,
    sendVariableValues: { none: true },
    sendHeaders: { none: true },
    sendErrors: CODES_ALONE,
    sendUnexecutableOperationDocuments: false,
    sendTraces: false,
    fieldLevelInstrumentation: 0,
    generateClientInfo: clientOf,
    includeRequest: async (request) => hasRoom(keyOf(request), request.source?.length ?? 0),
    reportIntervalMs: REPORT_INTERVAL,
    requestTimeoutMs: ATTEMPT_DEADLINE,
    maxAttempts: ATTEMPTS,
    fetcher: (url, options) => sending.send(url, options as RequestInit),
    // Only the status: the endpoint's message may repeat the request.
    reportErrorFunction: ({ message }) =>
      logger.warn({ status: /HTTP status \d{3}/.exec(message)?.[0] ?? null }, "a usage report failed"),
  });
  return [sentAtTheStop(plugin, sending), ApolloServerPluginInlineTraceDisabled()];
}

/** The reports that are being sent. */
class Sending {
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();
  readonly #fetch: typeof globalThis.fetch;

  constructor(fetch: typeof globalThis.fetch) {
    this.#fetch = fetch;
  }

  /** Refuses redirects, because they would receive the key. */
  send(url: string, options: RequestInit): Promise<Response> {
    const signal = AbortSignal.any([this.#stop.signal, ...(options.signal ? [options.signal] : [])]);
    const sent = this.#fetch(url, { ...options, redirect: "error", signal });
    this.#underWay.add(sent);
    sent.then(
      () => this.#underWay.delete(sent),
      () => this.#underWay.delete(sent),
    );
    return sent;
  }

  /** Waits for all reports and the last one, until a deadline in milliseconds. */
  async finish(last: Promise<void> | undefined, deadline: number): Promise<void> {
    const enough = new AbortController();
    const late = setTimeout(deadline, undefined, { signal: enough.signal }).catch(() => {});
    await Promise.race([Promise.allSettled([last, ...this.#underWay]), late]);
    enough.abort();
    this.#stop.abort();
    await last;
  }
}

/** Sends the last operations at shutdown, without delaying it past the deadline. */
function sentAtTheStop(plugin: ApolloServerPlugin<Context>, sending: Sending): ApolloServerPlugin<Context> {
  return {
    ...plugin,
    async serverWillStart(service) {
      const listener = await plugin.serverWillStart?.(service);
      return {
        ...listener,
        async serverWillStop() {
          // Apollo Server records an operation in the tick of the event loop after its answer.
          await setImmediate();
          await setImmediate();
          await sending.finish(listener?.serverWillStop?.(), STOP_DEADLINE);
        },
      };
    },
  };
}

/** The key of a report's entry. */
function keyOf(request: GraphQLRequestContext<Context>): string {
  const { clientName, clientVersion } = clientOf(request);
  const { queryHash, operationName } = request;
  return JSON.stringify([clientName, clientVersion, queryHash, operationName]);
}

/** The client's name and version, from their two headers. */
function clientOf({ request: { http } }: GraphQLRequestContext<BaseContext>) {
  const said = (name: string) => {
    const value = http?.headers.get(name) ?? "";
    return CLIENT.test(value) ? value : "";
  };
  return {
    clientName: said("apollographql-client-name"),
    clientVersion: said("apollographql-client-version"),
  };
}
