import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Summary } from "../graphql/summary.ts";
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

/** How a server stops without failing a request that it has begun. */
export interface Drain {
  /** Whether the server is stopping, and new requests should go elsewhere. */
  readonly begun: boolean;

  /**
   * Refuses new requests with 503, waits for those in flight for at most `deadline` milliseconds, then closes every
   * connection. New connections are accepted while it waits, so that a load balancer can read `/readyz`.
   */
  finish(deadline: number): Promise<void>;
}

/**
 * Follows each request from its headers to its end: its ID goes back in `x-request-id`, and its end is one
 * line in the log. Not with Fastify's logger, which makes a child logger for every request: that alone costs
 * a tenth of the throughput.
 *
 * @param onEnd is told, too
 */
export function followRequests(app: FastifyInstance, logger: Logger, onEnd: OnRequestEnd): Drain {
  let begun = false;
  let inFlight = 0;
  let becameIdle = () => {};

  app.decorateRequest("summary");
  app.addHook("onRequest", (request, reply, next) => {
    const start = performance.now();
    inFlight += 1;
    request.summary = { operation: null, code: null };
    reply.headers({ "x-request-id": request.id, "cache-control": "no-store" });
    // Not Fastify's onResponse, which is silent about a client that goes away while it sends its body.
    reply.raw.once("close", () => {
      inFlight -= 1;
      if (inFlight === 0) becameIdle();
      const { writableFinished, statusCode } = reply.raw;
      if (!writableFinished) request.summary.code = BROKEN_OFF;
      else request.summary.code ??= codeOfStatus(statusCode);
      const milliseconds = performance.now() - start;
      const line = describe(request, statusCode, milliseconds);
      if (writableFinished) logger.info(line, "request");
      else logger.warn(line, "request broken off");
      onEnd(request, { status: writableFinished ? statusCode : null, milliseconds });
    });
    if (!begun || request.routeOptions.config.probe) return next();
    reply.header("connection", "close");
    return next(refusal(503, "The server is stopping"));
  });

  return {
    get begun() {
      return begun;
    },

    async finish(deadline) {
      begun = true;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        if (inFlight === 0) return resolve();
        becameIdle = resolve;
        timer = setTimeout(resolve, deadline);
      });
      clearTimeout(timer);
      app.server.closeAllConnections();
      await app.close();
    },
  };
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
