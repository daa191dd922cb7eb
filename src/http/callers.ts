import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Authenticate } from "../access/authenticate.ts";
import type { Caller } from "../access/caller.ts";
import { Unauthenticated } from "../errors.ts";
import { prefersPage } from "../graphql/media-type.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sent it; null where nobody need be known. */
    caller: Caller | null;
  }
}

/**
 * A hook that finds out who sends a request, before any of its body is read. One that asks for the page of the endpoint,
 * where there is one, need not say.
 */
export function knowCaller(
  app: FastifyInstance,
  authenticate: Authenticate,
  hasPage: boolean,
  logger: Logger,
) {
  app.decorateRequest("caller", null);
  return async (request: FastifyRequest): Promise<void> => {
    const { id: requestId, method, headers } = request;
    if (hasPage && prefersPage(method, headers.accept)) return;
    try {
      request.caller = await authenticate(headers);
    } catch (error) {
      if (error instanceof Unauthenticated)
        logger.info({ requestId, reason: error.message }, "no valid caller");
      throw error;
    }
  };
}

/** The caller of a request, which must have one. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error("a request was let through without a caller");
  return caller;
}
