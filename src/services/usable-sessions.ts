import type { Caller } from "../access/caller.ts";
import { checkSession, listableSessions, mayUseSession, needsSessionName } from "../access/policy.ts";
import { checkOwner, isOwnedBy, ownerLength } from "../domain/session-id.ts";
import type { Shares } from "../shares/shares.ts";
import type { SessionRegistry } from "../store/store.ts";

/** The most session names that one query looks up. */
const NAMES_PER_QUERY = 1000;

/** The dependencies of `usableSessions`. */
export interface UsableSessionsParts {
  readonly applicationId: string;
  readonly sessions: SessionRegistry;
  readonly shares: Shares;
}

/** The given sessions of the project that the caller may use. Looks up names only when the permission depends on them. */
export async function usableSessions(
  { applicationId, sessions, shares }: UsableSessionsParts,
  caller: Caller,
  sessionIds: Iterable<string>,
): Promise<ReadonlySet<string>> {
  const own = [...new Set(sessionIds)].filter((id) => isOwnedBy(applicationId, id));
  const unnamed = own.filter((id) => needsSessionName(caller, id));
  const names = new Map<string, string | null>();
  for (let start = 0; start < unnamed.length; start += NAMES_PER_QUERY) {
    const some = unnamed.slice(start, start + NAMES_PER_QUERY);
    const found = await shares.query(caller.id, () => sessions.findMany(some));
    for (const { sessionId, name } of found) names.set(sessionId, name);
  }
  return new Set(own.filter((id) => mayUseSession(caller, id, names.get(id) ?? null)));
}

/** How many first characters of a session ID decide whether the caller may use it; null if its name may decide. */
export function decidingLength({ applicationId }: UsableSessionsParts, caller: Caller): number | null {
  return listableSessions(caller).all ? ownerLength(applicationId) : null;
}

/**
 * Checks that the caller may use a session of the project.
 *
 * @throws {SessionNotFound} if the ID is malformed or another project's
 * @throws {Forbidden} if the caller may not use the session
 */
export async function checkUsable(
  { applicationId, sessions, shares }: UsableSessionsParts,
  caller: Caller,
  sessionId: string,
): Promise<void> {
  checkOwner(applicationId, sessionId);
  const [session] = needsSessionName(caller, sessionId)
    ? await shares.query(caller.id, () => sessions.findMany([sessionId]))
    : [];
  checkSession(caller, sessionId, session?.name ?? null);
}
