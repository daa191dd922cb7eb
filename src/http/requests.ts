import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { OperationSummary } from "../graphql/summary.ts";
import { Drain } from "./drain.ts";
import { codeOfStatus, httpError } from "./errors.ts";
import { requestLog } from "./request-log.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route is a health probe, which also works while the server stops. */
    probe?: boolean;
  }

  interface FastifyRequest {
    /** The operation and its result, as far as known. */
    summary: OperationSummary;
    /** Why it was refused or failed, for the log; null when the code says enough. */
    reason: string | null;
    /** The client's address from a trusted proxy; null without a trusted proxy or a valid address. */
    address: string | null;
    /** Whether it has opened a WebSocket, which has its own log line. */
    isSocket: boolean;
    /** The sender of a genuine request without a caller, for the log; null otherwise. */
    sender: string | null;
  }
}

/** Writes request lines to the log. */
export type RequestLog = ReturnType<typeof requestLog>;

/** The code of a request whose client disconnected before the end of the answer. */
const BROKEN_OFF = "BROKEN_OFF";

/** The end of a request, in addition to its `summary`. */
export interface RequestEnd {
  /** The status of the answer; null when the client disconnected first. */
  readonly status: number | null;
  /** The time from the request's headers to the end of the answer. */
  readonly milliseconds: number;
}

/** Called for each request that has ended. */
export type OnRequestEnd = (request: FastifyRequest, end: RequestEnd) => void;

/** The longest caller ID in a log line, in characters. */
const MAX_CALLER_LENGTH = 300;

/** The dependencies of `followRequests`. */
export interface Following {
  readonly logger: Logger;
  /** Whether an address belongs to a trusted proxy; null without trusted proxies. */
  readonly trustsProxy: ((address: string) => boolean) | null;
  readonly onRequestEnd: OnRequestEnd;
}

const NOT_TRUSTED =
  "X-Forwarded-For is ignored, because its sender is not in TRUST_PROXY. If this address is your proxy, add it there; until then, all its clients count as one address";

/**
 * Follows each request from its headers to its end. The answer has the request's ID in `x-request-id`, and the log gets one line at
 * the end. Fastify's logger would create a child logger for every request, which costs 10% of the throughput.
 *
 * @returns the drain, which knows the requests in flight, and the log of requests
 */
export function followRequests(
  app: FastifyInstance,
  { logger, trustsProxy, onRequestEnd }: Following,
): { drain: Drain; log: RequestLog } {
  const drain = new Drain(app);
  const log = requestLog(logger);
  app.decorateRequest("summary");
  app.decorateRequest("reason", null);
  app.decorateRequest("address", null);
  app.decorateRequest("isSocket", false);
  app.decorateRequest("sender", null);
  let isToldOfProxy = false;
  app.addHook("onRequest", (request, reply, next) => {
    const { remoteAddress = "" } = request.socket;
    // Logged once, because any client may send the header.
    if (!isToldOfProxy && request.headers["x-forwarded-for"] !== undefined && !trustsProxy?.(remoteAddress)) {
      isToldOfProxy = true;
      logger.warn({ address: remoteAddress }, NOT_TRUSTED);
    }
    const start = performance.now();
    request.summary = { type: null, operation: null, code: null };
    // A proxy may forward an invalid address.
    if (trustsProxy && isIP(request.ip) !== 0) request.address = request.ip;
    reply.headers({ "x-request-id": request.id, "cache-control": "no-store" });
    const { refused, leave } = drain.enter(request, reply);
    // Fastify's onResponse does not run when a client disconnects while it sends its body.
    reply.raw.once("close", () => {
      leave();
      if (request.isSocket) return;
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
  return { drain, log };
}

/** A caller's ID, as log lines have it. */
export function describeCaller(id: string): string {
  return id.slice(0, MAX_CALLER_LENGTH);
}

/** The log line has the route and not the URL, because a wrong path or a query string may hold a token. */
function describe(request: FastifyRequest, status: number, milliseconds: number) {
  const { id, method, routeOptions, summary, caller, sender, address, reason } = request;
  return {
    requestId: id,
    method,
    path: routeOptions.url ?? "(none)",
    status,
    operation: summary.operation,
    code: summary.code,
    // Undefined values are not written.
    reason: reason ?? undefined,
    caller: caller ? describeCaller(caller.id) : (sender ?? undefined),
    address: address ?? undefined,
    milliseconds: Math.round(milliseconds),
  };
}
