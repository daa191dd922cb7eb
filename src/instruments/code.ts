import { StagepassError } from "../errors.ts";

/** The code that a caller gets for an error; nothing of its message, which may hold anything. */
export function codeOf(error: unknown): string {
  return error instanceof StagepassError ? error.extensions.code : "INTERNAL_SERVER_ERROR";
}
