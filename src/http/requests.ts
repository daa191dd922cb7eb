import { type Socket, Server as TcpServer } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
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

/**
 * How long nothing arrives, in milliseconds, before the connections that a proxy keeps are closed: where nothing has arrived since
 * the stop began, and where something has, which may only be held up.
 */
const QUIET = 100;
const QUIET_AFTER_TRAFFIC = 1000;

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
   * Waits for the requests in flight for at most `deadline` milliseconds, and then closes every connection. A new connection is
   * accepted meanwhile, so that a load balancer can read `/readyz`, and refused all else with 503. On those that were there
   * requests go on, or a proxy that keeps them would lose what it is just sending.
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
  let closing = false;
  let now = newcomers();
  /** The connections that came while the server was stopping. */
  const late = new WeakSet<Socket>();
  app.server.on("connection", (socket: Socket) => begun && late.add(socket));

  app.decorateRequest("summary");
  app.addHook("onRequest", (request, reply, next) => {
    const start = performance.now();
    const its = now;
    its.arrived += 1;
    its.inFlight += 1;
    request.summary = { operation: null, code: null };
    reply.headers({ "x-request-id": request.id, "cache-control": "no-store" });
    // Not Fastify's onResponse, which is silent about a client that goes away while it sends its body.
    reply.raw.once("close", () => {
      its.inFlight -= 1;
      if (its.inFlight === 0) its.becameIdle();
      const { writableFinished, statusCode } = reply.raw;
      if (!writableFinished) request.summary.code = BROKEN_OFF;
      else request.summary.code ??= codeOfStatus(statusCode);
      const milliseconds = performance.now() - start;
      const line = describe(request, statusCode, milliseconds);
      if (writableFinished) logger.info(line, "request");
      else logger.warn(line, "request broken off");
      onEnd(request, { status: writableFinished ? statusCode : null, milliseconds });
    });
    const refused = late.has(request.raw.socket) && !request.routeOptions.config.probe;
    if (refused || closing) reply.header("connection", "close");
    return next(refused ? refusal(503, "The server is stopping") : undefined);
  });

  return {
    get begun() {
      return begun;
    },

    async finish(deadline) {
      begun = true;
      const end = performance.now() + deadline;
      const before = now;
      now = newcomers();
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        if (before.inFlight === 0) return resolve();
        before.becameIdle = resolve;
        timer = setTimeout(resolve, deadline);
      });
      clearTimeout(timer);
      // What has connected in this turn of the event loop is accepted in it.
      await nextTurn();
      // Not as an HTTP server, which would at once close the connections on which nothing has arrived yet.
      TcpServer.prototype.close.call(app.server);
      closing = true;
      let seen: number;
      do {
        seen = now.arrived;
        const pause = seen === 0 ? QUIET : QUIET_AFTER_TRAFFIC;
        await sleep(Math.min(pause, end - performance.now()));
        // A busy server's timers are due before it has read what came meanwhile.
        await nextTurn();
      } while ((now.inFlight > 0 || now.arrived > seen) && performance.now() < end);
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

/** Requests that arrive from now on. */
function newcomers() {
  return { arrived: 0, inFlight: 0, becameIdle: () => {} };
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
