import { type Context, type Span, SpanStatusCode } from "@opentelemetry/api";

/** The current place in a request's trace. New spans go below it. */
export interface TracePlace {
  context: Context;
}

/** Marks a span as failed, with an error code of Stagepass. */
export function fail(span: Span, code: string): void {
  span.setAttribute("error.type", code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
