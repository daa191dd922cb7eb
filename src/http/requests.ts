import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Summary } from "../graphql/summary.ts";
import { Drain } from "./drain.ts";
import { codeOfStatus, refusal } from "./errors.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** A question about the server itself, which is answered also while it stops. */
    probe?: boolean;
  }

  interface FastifyRequest {
    /** What it asks for and how it ends, as far as that is known. */
    summary: Summary;
  }
}

/** The code of a request whose answer its client did not wait for. */
const BROKEN_OFF = "BROKEN_OFF";

/** How a request ended, beside its `summary`. */
export interface RequestEnd {
  /** The status of the answer; null when the client did not wait for it. */
  readonly status: number | null;
  /** From its headers to the end of the answer. */
  readonly milliseconds: number;
}

/** Is told of each request that has ended. */
export type OnRequestEnd = (request: FastifyRequest, end: RequestEnd) => void;

/**
 * Follows each request from its headers to its end: its ID goes back in `x-request-id`, and its end is one
 * line in the log. Not with Fastify's logger, which makes a child logger for every request: that alone costs
 * a tenth of the throughput.
 *
 * @param onEnd is told, too
 * @returns what knows which requests are in flight, for the stop
 */
export function followRequests(app: FastifyInstance, logger: Logger, onEnd: OnRequestEnd): Drain {
  const drain = new Drain(app);
  app.decorateRequest("summary");
  app.addHook("onRequest", (request, reply, next) => {
    const start = performance.now();
    request.summary = { operation: null, code: null };
    reply.headers({ "x-request-id": request.id, "cache-control": "no-store" });
    const { refused, leave } = drain.enter(request, reply);
    // Not Fastify's onResponse, which is silent about a client that goes away while it sends its body.
    reply.raw.once("close", () => {
      leave();
      const { writableFinished, statusCode } = reply.raw;
      if (!writableFinished) request.summary.code = BROKEN_OFF;
      else request.summary.code ??= codeOfStatus(statusCode);
      const milliseconds = performance.now() - start;
      const line = describe(request, statusCode, milliseconds);
      if (writableFinished) logger.info(line, "request");
      else logger.warn(line, "request broken off");
      onEnd(request, { status: writableFinished ? statusCode : null, milliseconds });
    });
    return next(refused ? refusal(503, "The server is stopping") : undefined);
  });
  return drain;
}

/** The route, not what was sent: a wrong path or a query string may hold anything, a token among it. */
function describe(
  { id, method, routeOptions, summary }: FastifyRequest,
  status: number,
  milliseconds: number,
) {
  const path = routeOptions.url ?? "(none)";
  return { requestId: id, method, path, status, ...summary, milliseconds: Math.round(milliseconds) };
}
