import { BadUserInput, type ErrorCode, type StagepassError } from "../errors.ts";
import type { ConnectionToken } from "./connection-token.ts";

/** The most tokens in one request. */
export const MAX_BATCH = 1000;

/** The reason why one token of a batch was refused. */
export interface TokenRefusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** The field of the request that breaks a rule; null for other errors. */
  readonly argument: string | null;
}

/** The outcome of one request of a batch. */
export type TokenOutcome = ConnectionToken | TokenRefusal;

/**
 * Checks the number of tokens in one request.
 *
 * @param quota the caller's quota: a larger request could never succeed, however often the caller retries
 * @throws {BadUserInput} naming `requests`
 */
export function checkBatch(count: number, quota: number): void {
  const rule = (text: string) =>
    new BadUserInput("requests", `requests must be ${text}; ${count} were given`);
  if (count > MAX_BATCH) throw rule(`at most ${MAX_BATCH}`);
  if (count > quota) throw rule(`at most ${quota}, the caller's tokens per minute`);
}

/** Converts an error into the refusal of one token of a batch. */
export function tokenRefusalOf({ message, extensions: { code, argument } }: StagepassError): TokenRefusal {
  return { code, message, argument: typeof argument === "string" ? argument : null };
}
