import { setImmediate, setTimeout } from "node:timers/promises";
import type { ApolloServerPlugin, BaseContext, GraphQLRequestContext } from "@apollo/server";
import { ApolloServerPluginInlineTraceDisabled } from "@apollo/server/plugin/disabled";
import type { Logger } from "pino";
import type { Context } from "../context.ts";
import { REPORT_INTERVAL, reportBudget } from "./report-budget.ts";
import { CODES_ALONE } from "./studio.ts";

/** How long one attempt to send a report may take, how many there are, and how long all may take at the stop, in milliseconds. */
const ATTEMPT_DEADLINE = 5000;
const ATTEMPTS = 2;
const STOP_DEADLINE = 1000;

/** What a client may call itself: shorter than any secret or token, and never a part of one. */
const CLIENT = /^[\w.@/ -]{1,30}$/;

/**
 * Reports to Apollo Studio which operations are asked for, by which clients, how long they take and which fields they use, every
 * ten seconds and at the stop, and never while a request waits. A report has an operation's signature, which is its document
 * without strings, numbers, lists and objects; no value of a variable, no header but what a client calls itself, nothing of an
 * answer. There are no traces, which would have each resolver of each request wait for a clock.
 *
 * @param endpoint where reports go, without the path that Apollo gives them
 * @param fetch sends them
 */
export async function usageReports(
  endpoint: string,
  logger: Logger,
  fetch: typeof globalThis.fetch,
): Promise<readonly ApolloServerPlugin<Context>[]> {
  // Not read where nothing is reported.
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
    // Not the endpoint's own words, which may repeat what it was sent.
    reportErrorFunction: ({ message }) =>
      logger.warn({ status: /HTTP status \d{3}/.exec(message)?.[0] ?? null }, "a usage report was not taken"),
  });
  return [sentAtTheStop(plugin, sending), ApolloServerPluginInlineTraceDisabled()];
}

/** Reports on their way. */
class Sending {
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();
  readonly #fetch: typeof globalThis.fetch;

  constructor(fetch: typeof globalThis.fetch) {
    this.#fetch = fetch;
  }

  /** A redirection is an error: it would have the key follow to wherever it points. */
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

  /** Waits for those on their way and for the last one, and gives them up at the deadline, in milliseconds. */
  async finish(last: Promise<void> | undefined, deadline: number): Promise<void> {
    const enough = new AbortController();
    const late = setTimeout(deadline, undefined, { signal: enough.signal }).catch(() => {});
    await Promise.race([Promise.allSettled([last, ...this.#underWay]), late]);
    enough.abort();
    this.#stop.abort();
    await last;
  }
}

/** The last report must have the last operations, and not hold up the stop. */
function sentAtTheStop(plugin: ApolloServerPlugin<Context>, sending: Sending): ApolloServerPlugin<Context> {
  return {
    ...plugin,
    async serverWillStart(service) {
      const listener = await plugin.serverWillStart?.(service);
      return {
        ...listener,
        async serverWillStop() {
          // Apollo notes an operation in the turn of the event loop after its answer.
          await setImmediate();
          await setImmediate();
          await sending.finish(listener?.serverWillStop?.(), STOP_DEADLINE);
        },
      };
    },
  };
}

/** What a report tells apart. */
function keyOf(request: GraphQLRequestContext<Context>): string {
  const { clientName, clientVersion } = clientOf(request);
  const { queryHash, operationName } = request;
  return JSON.stringify([clientName, clientVersion, queryHash, operationName]);
}

/** What a client calls itself, in the two headers that are for that. */
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
