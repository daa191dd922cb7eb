import type { Caller } from "../access/caller.ts";
import type { Quota } from "../access/quota.ts";
import type { Audit } from "../audit/audit.ts";
import type { Participants } from "../store/store.ts";
import type { UsableSessionsParts } from "./usable-sessions.ts";

/** What the services need that act on participants and bans. */
export interface ManagedParts extends UsableSessionsParts {
  readonly participants: Participants;
  readonly audit: Audit;
  /** The quota of such acts for each caller. */
  readonly quota: Quota;
  readonly now: () => Date;
  /** Whether tokens are recorded. Without, nobody can be kept out. */
  readonly isLedgerOn: boolean;
}

/**
 * Checks that the caller may act on a session and its participants, and counts the act.
 *
 * @throws {RateLimited} when the caller exceeds its quota
 * @throws {SessionNotFound} when the ID is malformed or another project's
 * @throws {Forbidden} when the caller may not use the session, or must be a moderator in it
 */
export async function checkActs(_parts: ManagedParts, _caller: Caller, _sessionId: string): Promise<void> {
  throw new Error("to do");
}
