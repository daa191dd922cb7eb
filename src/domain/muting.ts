import { BadUserInput } from "../errors.ts";
import { isPlatformId } from "./observation.ts";

/** The most streams that stay as they are when a session is muted. */
const MAX_EXCEPT = 100;

/**
 * Checks the streams that stay as they are when a session is muted.
 *
 * @throws {BadUserInput} naming `except`
 */
export function checkExcept(except: readonly string[], active: boolean): void {
  if (!active && except.length > 0)
    throw new BadUserInput("except", "except needs active: true; leave it out to stop muting");
  if (except.length > MAX_EXCEPT)
    throw new BadUserInput(
      "except",
      `except must have at most ${MAX_EXCEPT} streams; ${except.length} were given`,
    );
  if (!except.every(isPlatformId)) throw new BadUserInput("except", "except must have the IDs of streams");
}
