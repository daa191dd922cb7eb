import type { Caller } from "../access/caller.ts";
import { checkEverySession, checkManages } from "../access/policy.ts";
import type { Quota } from "../access/quota.ts";
import type { Audit } from "../audit/audit.ts";
import type { Participant } from "../domain/participant.ts";
import { isStorable } from "../domain/text.ts";
import { LedgerOff } from "../errors.ts";
import type { Participants } from "../store/store.ts";
import { checkUsable, type UsableSessionsParts, usableSessions } from "./usable-sessions.ts";

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

/** @throws {LedgerOff} if tokens are not recorded */
export function checkLedger({ isLedgerOn }: ManagedParts): void {
  if (!isLedgerOn) throw new LedgerOff();
}

/**
 * Checks that the caller may act on a session and its participants, and counts the act.
 *
 * @throws {RateLimited} when the caller exceeds its quota
 * @throws {SessionNotFound} when the ID is malformed or another project's
 * @throws {Forbidden} when the caller may not use the session, or must be a moderator in it
 */
export async function checkActs(parts: ManagedParts, caller: Caller, sessionId: string): Promise<void> {
  await parts.quota.take(caller, 1);
  await checkUsable(parts, caller, sessionId);
  await checkManagesIn(parts, caller, sessionId);
}

/** @throws {Forbidden} when the caller must be a moderator in the session, and is none */
export function checkManagesIn(
  { participants, shares }: Pick<ManagedParts, "participants" | "shares">,
  caller: Caller,
  sessionId: string,
): Promise<void> {
  return checkManages(caller, sessionId, (id, identity) =>
    shares.query(caller.id, () => participants.isModerated(id, identity)),
  );
}

/** @throws {Forbidden} if the caller may not use every session, or may manage only as a moderator */
export async function checkEverywhere(caller: Caller): Promise<void> {
  checkEverySession(caller);
  await checkManages(caller, "*", async () => false);
}

/** A participant of a session that the caller may use; null if it is unknown or forbidden. */
export async function participantFor(
  parts: ManagedParts,
  caller: Caller,
  id: string,
): Promise<Participant | null> {
  if (!isStorable(id)) return null;
  const [found] = await parts.shares.query(caller.id, () => parts.participants.findMany([id]));
  if (!found) return null;
  const usable = await usableSessions(parts, caller, [found.sessionId]);
  return usable.has(found.sessionId) ? found : null;
}
