import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { FastifyRequest } from "fastify";
import type { OperationSummary } from "../graphql/summary.ts";
import { codeOf } from "./code.ts";
import { type Instrument, NO_INSTRUMENT } from "./instrument.ts";
import { fail, type TracePlace } from "./span.ts";

const w3c = new W3CTraceContextPropagator();

/** The place of a request without a trace. */
const NOWHERE: TracePlace = Object.freeze({ context: ROOT_CONTEXT });

/**
 * Traces each request from HTTP through its operation to its platform calls and ledger commits. It continues the caller's trace (W3C
 * Trace Context). The only text of a caller in a span is `tracestate`, which the standard requires. A span has no document, name,
 * argument or error message.
 *
 * @param isChosen whether to record the next trace that begins here
 */
export function tracing(tracer: Tracer, isChosen: () => boolean): Instrument {
  const places = new AsyncLocalStorage<TracePlace>();
  const spans = new WeakMap<FastifyRequest, Span>();

  /** Runs `act` in a span below the current place. */
  async function inSpan<T>(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    act: (context: Context) => Promise<T>,
  ): Promise<T> {
    const place = places.getStore();
    const parent = place?.context ?? ROOT_CONTEXT;
    // A request that is not sampled has no spans below it. Outside requests, each call is a trace of its own.
    if (place ? !isRecorded(place) : !isChosen()) return act(parent);
    const span = tracer.startSpan(name, { kind, attributes }, parent);
    const context = trace.setSpan(parent, span);
    try {
      return await places.run({ context }, act, context);
    } catch (error) {
      fail(span, codeOf(error));
      throw error;
    } finally {
      span.end();
    }
  }

  /** Executes an operation in a span below a request's place, which has one operation. */
  async function inOperation<T>(
    place: TracePlace,
    summary: OperationSummary,
    execute: () => Promise<T>,
  ): Promise<T> {
    const { context } = place;
    const span = tracer.startSpan("GraphQL", { kind: SpanKind.INTERNAL }, context);
    place.context = trace.setSpan(context, span);
    try {
      return await execute();
    } finally {
      const { type, operation, code } = summary;
      if (type !== null) {
        span.updateName(`${type} ${operation}`);
        span.setAttribute("graphql.operation.type", type);
      }
      if (code !== null && code !== "OK") fail(span, code);
      span.end();
      place.context = context;
    }
  }

  return {
    ...NO_INSTRUMENT,

    follow(app) {
      app.addHook("onRequest", (request, _reply, next) => {
        const { method, headers, routeOptions, id } = request;
        if (routeOptions.config.probe) return next();
        const callers = w3c.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
        if (!trace.getSpanContext(callers) && !isChosen()) return next();
        const route = routeOptions.url ?? "(none)";
        const attributes = {
          "http.request.method": method,
          "http.route": route,
          "stagepass.request_id": id,
        };
        const options = { kind: SpanKind.SERVER, attributes };
        spans.set(request, tracer.startSpan(`${method} ${route}`, options, callers));
        next();
      });
      // Not in onRequest, because reading the body would lose the context.
      app.addHook("preHandler", (request, _reply, next) => {
        const span = spans.get(request);
        places.run(span ? { context: trace.setSpan(ROOT_CONTEXT, span) } : NOWHERE, next);
      });
    },

    requestEnded(request, { status }) {
      const span = spans.get(request);
      if (!span) return;
      const { code } = request.summary;
      if (status !== null) span.setAttribute("http.response.status_code", status);
      if (code !== null && code !== "OK") span.setAttribute("error.type", code);
      // A caller's mistake is not an error of the server.
      if (status === null || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },

    /** A span below that of the HTTP request, and above the work of the operation's fields. */
    operation(summary, execute) {
      const place = places.getStore();
      return place && isRecorded(place) ? inOperation(place, summary, execute) : execute();
    },

    platformCall: (method, route, call) =>
      inSpan(`${method} ${route}`, SpanKind.CLIENT, { "http.request.method": method }, (context) => {
        const headers: Record<string, string> = {};
        w3c.inject(context, headers, defaultTextMapSetter);
        return call(headers);
      }),

    ledger: (ledger) => ({
      ...ledger,
      async record(issued) {
        // No commit, because the whole batch was refused.
        if (issued.length === 0) return new Map();
        const attributes = { "stagepass.ledger.records": issued.length };
        return inSpan("ledger commit", SpanKind.INTERNAL, attributes, () => ledger.record(issued));
      },
    }),
  };
}

/** Whether the trace of a request is sampled. */
function isRecorded({ context }: TracePlace): boolean {
  return trace.getSpan(context)?.isRecording() ?? false;
}
