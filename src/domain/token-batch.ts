import { BadUserInput, type ErrorCode, type StagepassError } from "../errors.ts";
import type { ConnectionToken } from "./connection-token.ts";

/** The most tokens that can be asked for at once. */
export const MAX_BATCH = 1000;

/** Why one of many tokens was not generated. */
export interface TokenRefusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** The field of the request that is wrong; null when it is none that breaks a rule. */
  readonly argument: string | null;
}

/** What became of one of many requests. */
export type TokenOutcome = ConnectionToken | TokenRefusal;

/**
 * Checks how many tokens are asked for at once.
 *
 * @param quota the most that the caller may ever ask for at once: with more, it would be told for ever to ask again
 * @throws {BadUserInput} naming `requests`
 */
export function checkBatch(count: number, quota: number): void {
  const rule = (text: string) =>
    new BadUserInput("requests", `requests must be ${text}; ${count} were given`);
  if (count > MAX_BATCH) throw rule(`at most ${MAX_BATCH}`);
  if (count > quota) throw rule(`at most ${quota}, the tokens that the caller may ask for in a minute`);
}

/** The refusal of one of many tokens, in place of the error of one alone. */
export function tokenRefusalOf({ message, extensions: { code, argument } }: StagepassError): TokenRefusal {
  return { code, message, argument: typeof argument === "string" ? argument : null };
}
