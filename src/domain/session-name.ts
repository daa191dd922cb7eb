import { BadUserInput } from "../errors.ts";
import { checkLine } from "./text.ts";

/** The longest name of sessions, in UTF-16 code units. */
export const MAX_NAME_LENGTH = 200;

/** @throws {BadUserInput} naming `name`, when it cannot be the name of sessions */
export function checkSessionName(name: string): string {
  return checkLine("name", name, MAX_NAME_LENGTH);
}

/** @throws {BadUserInput} naming `maxAge`, in seconds, when no session can be as young */
export function checkMaxAge(maxAge: number): number {
  if (maxAge >= 1) return maxAge;
  throw new BadUserInput("maxAge", `maxAge must be at least 1, in seconds; ${maxAge} was given`);
}
