import { type Context, type Span, SpanStatusCode } from "@opentelemetry/api";

/** Where in a request's trace the code that runs is; what it makes happen is below that. */
export interface TracePlace {
  context: Context;
}

/** Says that what a span is of did not succeed, and why, in a word of ours. */
export function fail(span: Span, code: string): void {
  span.setAttribute("error.type", code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
