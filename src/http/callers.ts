import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Authenticate } from "../access/authenticate.ts";
import type { Caller, Origin } from "../access/caller.ts";
import { type Credentials, hasCredential } from "../access/credential.ts";
import { failedCredentials } from "../access/failed-credentials.ts";
import { STRANGERS } from "../access/jwt-callers.ts";
import { Unauthenticated } from "../errors.ts";
import { prefersPage } from "../graphql/media-type.ts";
import type { Turn } from "../shares/turns.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The caller; null until it is known, and for requests that need none. */
    caller: Caller | null;
  }
}

/** The rules for authenticating callers. */
export interface CallerRules {
  readonly authenticate: Authenticate;
  readonly turn: Turn;
  /** Whether an address belongs to a trusted proxy; null without trusted proxies. */
  readonly trustsProxy: ((address: string) => boolean) | null;
  /** Whether the endpoint also serves a page to browsers. */
  readonly hasPage: boolean;
}

/**
 * Authenticates a client. Behind a trusted proxy, it refuses a client address with too many failed credentials.
 *
 * @param address the client's address from a trusted proxy; null without one
 * @throws {Unauthenticated}, {AuthenticationUnavailable} or {RateLimited}
 */
export type KnowClient = (credentials: Credentials, address: string | null) => Promise<Caller>;

/** One count of failed credentials for requests and sockets. */
export function clientKnower({
  authenticate,
  turn,
  trustsProxy,
}: Pick<CallerRules, "authenticate" | "turn" | "trustsProxy">): KnowClient {
  const failed = failedCredentials();
  return async (credentials, address) => {
    // A trusted address is a proxy that names no client. Refusing it would refuse all of its clients.
    const limited = address !== null && !trustsProxy?.(address);
    if (limited) failed.check(address);
    try {
      return await authenticate(credentials);
    } catch (error) {
      if (limited && error instanceof Unauthenticated && hasCredential(credentials)) failed.count(address);
      // A refusal takes as long as an answer, so all unauthenticated callers share the turns of one.
      await turn(STRANGERS);
      throw error;
    }
  };
}

/** A hook that authenticates the caller before the body is read. A request for the page of the endpoint needs no credential. */
export function knowCaller(app: FastifyInstance, hasPage: boolean, know: KnowClient) {
  app.decorateRequest("caller", null);
  return async (request: FastifyRequest): Promise<void> => {
    const { address, method, headers } = request;
    if (hasPage && prefersPage(method, headers.accept)) return;
    request.caller = await know(headers, address);
    request.caller.origin = originOf(request);
  };
}

/** The origin of a request: its peer, or the client that a trusted proxy names. */
export function originOf({ id, address, raw }: FastifyRequest): Origin {
  return { requestId: id, address: address ?? raw.socket.remoteAddress };
}

/** The caller of an authenticated request. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error("the request has no caller");
  return caller;
}
