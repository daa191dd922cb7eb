import { StagepassError } from "../errors.ts";

/** The code that a caller gets for an error. The message may hold anything and is left out. */
export function codeOf(error: unknown): string {
  return error instanceof StagepassError ? error.extensions.code : "INTERNAL_SERVER_ERROR";
}
