import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Authenticate } from "../access/authenticate.ts";
import type { Caller } from "../access/caller.ts";
import { prefersPage } from "../graphql/media-type.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sent it; null while that is not known, and where nobody need be known. */
    caller: Caller | null;
  }
}

/** What decides who may send requests. */
export interface CallerRules {
  readonly authenticate: Authenticate;
  /** Whether the endpoint is also a page for people. */
  readonly hasPage: boolean;
}

/**
 * A hook that finds out who sends a request, before any of its body is read. One that asks for the page of the endpoint,
 * where there is one, need not say.
 */
export function knowCaller(app: FastifyInstance, { authenticate, hasPage }: CallerRules) {
  app.decorateRequest("caller", null);
  return async (request: FastifyRequest): Promise<void> => {
    const { method, headers } = request;
    if (hasPage && prefersPage(method, headers.accept)) return;
    request.caller = await authenticate(headers);
  };
}

/** The caller of a request, which must have one. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error("a request was let through without a caller");
  return caller;
}
