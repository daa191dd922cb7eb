import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Authenticate } from "../access/authenticate.ts";
import type { Caller, Origin } from "../access/caller.ts";
import { hasCredential } from "../access/credential.ts";
import { failedCredentials } from "../access/failed-credentials.ts";
import { STRANGERS } from "../access/jwt-callers.ts";
import { Unauthenticated } from "../errors.ts";
import { prefersPage } from "../graphql/media-type.ts";
import type { Turn } from "../shares/turns.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sent it; null while that is not known, and where nobody need be known. */
    caller: Caller | null;
  }
}

/** What decides who may send requests. */
export interface CallerRules {
  readonly authenticate: Authenticate;
  readonly turn: Turn;
  /** Whether an address is a proxy's that is trusted; null where none is. */
  readonly trustsProxy: ((address: string) => boolean) | null;
  /** Whether the endpoint is also a page for people. */
  readonly hasPage: boolean;
}

/**
 * A hook that finds out who sends a request, before any of its body is read. One that asks for the page of the endpoint,
 * where there is one, need not say. Where a proxy tells the addresses of clients, too many credentials that fail shut one out.
 */
export function knowCaller(app: FastifyInstance, { authenticate, turn, trustsProxy, hasPage }: CallerRules) {
  const failed = failedCredentials();
  app.decorateRequest("caller", null);
  return async (request: FastifyRequest): Promise<void> => {
    const { address, method, headers } = request;
    if (hasPage && prefersPage(method, headers.accept)) return;
    // A trusted address is a proxy that names no client: to refuse it would refuse all of its clients.
    const limited = address !== null && !trustsProxy?.(address);
    if (limited) failed.check(address);
    try {
      request.caller = await authenticate(headers);
      request.caller.origin = originOf(request);
    } catch (error) {
      if (limited && error instanceof Unauthenticated && hasCredential(headers)) failed.count(address);
      // To refuse takes as long as to answer: all strangers have one share of the event loop.
      await turn(STRANGERS);
      throw error;
    }
  };
}

/** Where a request comes from: its peer, unless a trusted proxy says who its client is. */
export function originOf({ id, address, raw }: FastifyRequest): Origin {
  return { requestId: id, address: address ?? raw.socket.remoteAddress };
}

/** The caller of a request, which must have one. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error("a request was let through without a caller");
  return caller;
}
