import type { Caller } from "../access/caller.ts";
import type { Changes } from "./changes.ts";
import type { ParticipantFeed } from "./participant-feed.ts";
import { checkUsable, type UsableSessionsParts } from "./usable-sessions.ts";

/** The dependencies of `ParticipantChanges`. */
export interface ParticipantChangesParts extends UsableSessionsParts {
  readonly feed: ParticipantFeed;
}

/** The changes of participants, for callers. */
export class ParticipantChanges {
  readonly #parts: ParticipantChangesParts;

  constructor(parts: ParticipantChangesParts) {
    this.#parts = parts;
  }

  /**
   * The participants of a session that change from now on, each as it then is.
   *
   * @param onOverflow called if the caller takes them too slowly; then the subscription has ended
   * @throws {SessionNotFound} if the ID is malformed or another project's
   * @throws {Forbidden} if the caller may not use the session
   * @throws {DatabaseUnavailable}
   */
  async subscribe(caller: Caller, sessionId: string, onOverflow: () => void): Promise<Changes> {
    await this.check(caller, sessionId);
    return this.#parts.feed.subscribe(sessionId, onOverflow);
  }

  /**
   * Checks that the caller may see the participants of a session now.
   *
   * @throws {SessionNotFound} or {Forbidden}
   */
  check(caller: Caller, sessionId: string): Promise<void> {
    return checkUsable(this.#parts, caller, sessionId);
  }
}
