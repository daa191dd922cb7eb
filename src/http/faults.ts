import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import { expiredJwt } from "../access/bearer-jwt.ts";
import type { FaultyServices, Services } from "../graphql/context.ts";
import { httpError } from "./errors.ts";

/** The header that asks for a fault, so that front ends can test their error screens. */
const HEADER = "x-stagepass-fault";

/** The longest delay of `SLOW`, in milliseconds. */
const MAX_DELAY = 10_000;

const OFF = `${HEADER} works only on the local platform and without NODE_ENV=production; leave this header out`;
const UNKNOWN = `${HEADER} must be RATE_LIMITED, PLATFORM_UNAVAILABLE, LEDGER_UNAVAILABLE, EXPIRED_TOKEN, or SLOW= with 1 to ${MAX_DELAY} milliseconds, such as SLOW=2000`;

/** What a request does for the sake of a test. */
interface Fault {
  readonly services?: Services;
  /** In milliseconds. */
  readonly delay?: number;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Null without the header. */
    fault: Fault | null;
  }
}

/** Refuses requests that ask for a fault, and preflights of such requests, where the switch does not work. */
export function refuseFaults(app: FastifyInstance): void {
  app.addHook("onRequest", ({ headers, method }, _reply, next) => {
    const isAsked = headers[HEADER] !== undefined || (method === "OPTIONS" && isPlanned(headers));
    next(isAsked ? httpError(400, OFF) : undefined);
  });
}

function isPlanned({ "access-control-request-headers": planned = "" }: IncomingHttpHeaders): boolean {
  return planned
    .toLowerCase()
    .split(/[\s,]+/)
    .includes(HEADER);
}

/** A hook that reads the fault of an authenticated request. `EXPIRED_TOKEN` happens at once. */
export function readFault(app: FastifyInstance, faulty: FaultyServices | null) {
  app.decorateRequest("fault", null);
  const refusalOf = (request: FastifyRequest): Error | undefined => {
    const given = request.headers[HEADER];
    if (given === undefined || faulty === null) return undefined;
    request.reason = HEADER;
    if (given === "EXPIRED_TOKEN") return expiredJwt();
    request.fault = faultOf(String(given), faulty);
    return request.fault ? undefined : httpError(400, UNKNOWN);
  };
  return (request: FastifyRequest, _reply: FastifyReply, next: HookHandlerDoneFunction): void =>
    next(refusalOf(request));
}

function faultOf(given: string, faulty: FaultyServices): Fault | null {
  if (Object.hasOwn(faulty, given)) return { services: faulty[given as keyof FaultyServices] };
  const delay = Number(/^SLOW=(\d{1,5})$/.exec(given)?.[1]);
  return delay >= 1 && delay <= MAX_DELAY ? { delay } : null;
}

/** Waits for the delay of a request, until its client disconnects or the server stops. */
export async function slowDown(
  { fault }: FastifyRequest,
  reply: FastifyReply,
  stopping: AbortSignal,
): Promise<void> {
  if (!fault?.delay) return;
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  if (reply.raw.destroyed) return;
  await sleep(fault.delay, undefined, { signal: AbortSignal.any([gone.signal, stopping]) }).catch(() => {});
}
