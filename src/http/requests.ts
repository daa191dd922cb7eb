import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { OperationSummary } from "../graphql/summary.ts";
import { Drain } from "./drain.ts";
import { codeOfStatus, httpError } from "./errors.ts";
import { requestLog } from "./request-log.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** A question about the server itself, which is answered also while it stops. */
    probe?: boolean;
  }

  interface FastifyRequest {
    /** What it asks for and how it ends, as far as that is known. */
    summary: OperationSummary;
    /** Why it was refused or has failed, for the log; null where its code says it. */
    reason: string | null;
    /** The address of its client, as the proxy says; null where no proxy is trusted, or what it says is no address. */
    address: string | null;
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

/** The longest ID of a caller in a line of the log, in characters. */
const MAX_CALLER_LENGTH = 300;

/** What decides how requests are followed. */
export interface Following {
  readonly logger: Logger;
  /** Whether an address is a trusted proxy's, which tells the addresses of clients; null where none is. */
  readonly trustsProxy: ((address: string) => boolean) | null;
  readonly onRequestEnd: OnRequestEnd;
}

const NOT_TRUSTED =
  "X-Forwarded-For came from an address that is not in TRUST_PROXY, and is not believed: if it is your proxy's, set TRUST_PROXY to it, else all its clients count as one address";

/**
 * Follows each request from its headers to its end: its ID goes back in `x-request-id`, and its end is one
 * line in the log. Not with Fastify's logger, which makes a child logger for every request: that alone costs
 * a tenth of the throughput.
 *
 * @returns what knows which requests are in flight, for the stop
 */
export function followRequests(
  app: FastifyInstance,
  { logger, trustsProxy, onRequestEnd }: Following,
): Drain {
  const drain = new Drain(app);
  const log = requestLog(logger);
  app.decorateRequest("summary");
  app.decorateRequest("reason", null);
  app.decorateRequest("address", null);
  let isToldOfProxy = false;
  app.addHook("onRequest", (request, reply, next) => {
    const { remoteAddress = "" } = request.socket;
    // Once, as anybody may send the header.
    if (!isToldOfProxy && request.headers["x-forwarded-for"] !== undefined && !trustsProxy?.(remoteAddress)) {
      isToldOfProxy = true;
      logger.warn({ address: remoteAddress }, NOT_TRUSTED);
    }
    const start = performance.now();
    request.summary = { operation: null, code: null };
    // A proxy may pass on what is no address.
    if (trustsProxy && isIP(request.ip) !== 0) request.address = request.ip;
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
      if (!writableFinished) log.write("warn", line, "request broken off");
      else log.write(request.reason !== null && statusCode >= 500 ? "warn" : "info", line, "request");
      onRequestEnd(request, { status: writableFinished ? statusCode : null, milliseconds });
    });
    return next(refused ? httpError(503, "The server is stopping") : undefined);
  });
  app.addHook("onClose", async () => log.close());
  return drain;
}

/** The route, not what was sent: a wrong path or a query string may hold anything, a token among it. */
function describe(request: FastifyRequest, status: number, milliseconds: number) {
  const { id, method, routeOptions, summary, caller, address, reason } = request;
  return {
    requestId: id,
    method,
    path: routeOptions.url ?? "(none)",
    status,
    ...summary,
    // What is undefined is not written.
    reason: reason ?? undefined,
    caller: caller?.id.slice(0, MAX_CALLER_LENGTH),
    address: address ?? undefined,
    milliseconds: Math.round(milliseconds),
  };
}
