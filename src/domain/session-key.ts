import { BadUserInput } from "../errors.ts";
import { checkSessionName } from "./session-name.ts";

/** What names one session: its ID, or a name of sessions. */
export interface SessionKey {
  readonly sessionId?: string | null | undefined;
  readonly name?: string | null | undefined;
}

/**
 * The one of the two that is given.
 *
 * @throws {BadUserInput} naming `sessionId` when neither is given, and `name` when both are, or when it cannot be a session's
 */
export function oneKeyOf({ sessionId, name }: SessionKey): { sessionId: string } | { name: string } {
  if (sessionId != null && name != null)
    throw new BadUserInput("name", "name and sessionId exclude each other; leave one of them out");
  if (sessionId != null) return { sessionId };
  if (name != null) return { name: checkSessionName(name) };
  throw new BadUserInput("sessionId", "sessionId or name is needed; neither was given");
}
