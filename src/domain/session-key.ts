import { BadUserInput } from "../errors.ts";
import { checkSessionName } from "./session-name.ts";

/** The ID or the name of a session. */
export interface SessionKey {
  readonly sessionId?: string | null | undefined;
  readonly name?: string | null | undefined;
}

/**
 * The given one of the two.
 *
 * @throws {BadUserInput} naming `sessionId` if neither is given, or `name` if both are given or the name is invalid
 */
export function oneKeyOf({ sessionId, name }: SessionKey): { sessionId: string } | { name: string } {
  if (sessionId != null && name != null)
    throw new BadUserInput("name", "name and sessionId exclude each other; leave one of them out");
  if (sessionId != null) return { sessionId };
  if (name != null) return { name: checkSessionName(name) };
  throw new BadUserInput("sessionId", "sessionId or name is required; neither was given");
}
