import { Transform } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction, RequestPayload } from "fastify";
import type { Caller } from "../access/caller.ts";
import { hasScopeFor } from "../access/policy.ts";
import { MAX_BATCH_BYTES } from "../graphql/batch-limits.ts";
import { refusal } from "./errors.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whether its body is larger than that of anything but a batch of tokens. */
    hasLargeBody: boolean;
  }
}

/** The largest body, in bytes, of anything but a batch of tokens; and the largest text of a query. */
export const BODY_LIMIT = 64 * 1024;

/** The largest body of a batch, in bytes: what its requests can need, and what everything else may have. */
export const BATCH_BODY_LIMIT = BODY_LIMIT + MAX_BATCH_BYTES;

/** The largest body that a caller can need, in bytes. */
export function bodyLimitFor(caller: Caller | null): number {
  const mayBatch = caller !== null && hasScopeFor(caller, "Mutation.generateTokens");
  return mayBatch ? BATCH_BODY_LIMIT : BODY_LIMIT;
}

/** A hook that refuses a body that is too large for its caller before it is read, where the headers tell its length. */
export function limitBody(
  { caller, headers }: FastifyRequest,
  _reply: FastifyReply,
  next: HookHandlerDoneFunction,
): void {
  const length = Number(headers["content-length"] ?? 0);
  const isTooLarge = length > BODY_LIMIT && length > bodyLimitFor(caller);
  next(isTooLarge ? tooLarge() : undefined);
}

/** A hook that breaks off a body whose length no header tells, where it becomes too large for its caller. */
export function limitChunks(
  { caller, headers }: FastifyRequest,
  _reply: FastifyReply,
  payload: RequestPayload,
  done: (error: null, payload: RequestPayload) => void,
): void {
  if (headers["content-length"] !== undefined) {
    done(null, payload);
    return;
  }
  const limit = bodyLimitFor(caller);
  let received = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      received += chunk.length;
      next(received > limit ? tooLarge() : null, chunk);
    },
  });
  payload.once("error", (error) => counted.destroy(error));
  done(null, payload.pipe(counted));
}

/** Refuses the text of a query, or the name of an operation, that is too large, before it is hashed, parsed or repeated. */
export async function limitTexts({ body }: FastifyRequest): Promise<void> {
  // To parse the body took a turn of the event loop.
  await nextTurn();
  const { query, operationName } = (body ?? {}) as Record<string, unknown>;
  for (const text of [query, operationName]) {
    if (typeof text === "string" && Buffer.byteLength(text) > BODY_LIMIT) {
      throw refusal(413, "The text of a query has at most 64 KB; give long lists in variables");
    }
  }
}

/** The refusal of a body that is too large for its caller. */
export function tooLarge(): Error {
  return refusal(413, "The body is too large");
}
