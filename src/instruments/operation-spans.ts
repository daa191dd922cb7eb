import type { ApolloServerPlugin } from "@apollo/server";
import { SpanKind, type Tracer, trace } from "@opentelemetry/api";
import type { Context } from "../graphql/context.ts";
import { fail, type TracePlace } from "./span.ts";

/**
 * Adds a span for each operation, below the span of its HTTP request and above the work of its fields.
 *
 * @param place returns the current place in the trace
 */
export function followOperations(
  tracer: Tracer,
  place: () => TracePlace | undefined,
): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      const here = place();
      if (!here) return;
      const { context } = here;
      const span = tracer.startSpan("GraphQL", { kind: SpanKind.INTERNAL }, context);
      // The place belongs to this request, which has one operation.
      here.context = trace.setSpan(context, span);
      return {
        async willSendResponse({ operation, contextValue: { summary } }) {
          if (operation && summary.operation) {
            span.updateName(`${operation.operation} ${summary.operation}`);
            span.setAttribute("graphql.operation.type", operation.operation);
          }
          if (summary.code !== null && summary.code !== "OK") fail(span, summary.code);
          span.end();
          here.context = context;
        },
      };
    },
  };
}
