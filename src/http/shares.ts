import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import { RateLimited } from "../errors.ts";
import type { InFlight, Passage } from "../shares/in-flight.ts";
import type { Turn } from "../shares/turns.ts";
import { BODY_LIMIT } from "./body-size.ts";
import { httpError } from "./errors.ts";

/** How long a client may read none of its answer before its connection closes, in milliseconds. */
export const ANSWER_TIMEOUT = 15_000;

declare module "fastify" {
  interface FastifyRequest {
    /** Null without a caller. */
    passage: Passage | null;
  }
}

/** The dependencies of `limitInFlight`. */
export interface InFlightRules {
  readonly inFlight: InFlight<object>;
  readonly turn: Turn;
  /** Whether an address belongs to a trusted proxy, whose connections do not count; null without trusted proxies. */
  readonly trustsProxy: ((address: string) => boolean) | null;
}

/** A hook that refuses a request before its body is read when its caller has too much in flight. */
export function limitInFlight(app: FastifyInstance, { inFlight, turn, trustsProxy }: InFlightRules) {
  app.decorateRequest("passage", null);
  const enter = (request: FastifyRequest, callerId: string): Passage => {
    const { socket, headers } = request.raw;
    const isNew = !trustsProxy?.(socket.remoteAddress ?? "") && inFlight.connected(callerId, socket);
    if (isNew) socket.once("close", () => inFlight.disconnected(socket));
    return inFlight.enter(callerId, bodyBytes(headers));
  };

  return (request: FastifyRequest, reply: FastifyReply, next: HookHandlerDoneFunction): void => {
    // It disconnected during authentication. The close event is over, so the passage would never be freed.
    if (reply.raw.destroyed || request.raw.socket.destroyed) {
      next(httpError(400, "The client disconnected"));
      return;
    }
    try {
      const passage = request.caller && enter(request, request.caller.id);
      request.passage = passage;
      if (passage) reply.raw.once("close", () => passage.leave());
      next();
    } catch (error) {
      if (!(error instanceof RateLimited)) throw error;
      // Closes the connection, which may be one too many.
      reply.header("connection", "close");
      void turn(request.caller?.id ?? "").then(() => next(error));
    }
  };
}

/** The bytes of a body, from its header, or otherwise the most that it may have. */
export function bodyBytes(
  { "content-length": length, "transfer-encoding": encoding }: NodeJS.Dict<unknown>,
  limit = BODY_LIMIT,
): number {
  return encoding === undefined ? Math.min(Number(length ?? 0), limit) : limit;
}

/**
 * Closes the connections of clients that do not read their answers.
 *
 * @param timeout how long a client may read nothing, in milliseconds
 */
export function cutOffIdleReaders(app: FastifyInstance, timeout = ANSWER_TIMEOUT): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    reply.raw.setTimeout(timeout);
    done(null, payload);
  });
}
