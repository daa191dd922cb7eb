import type { Caller } from "../access/caller.ts";
import { mayUseSession, needsSessionName } from "../access/policy.ts";
import { isOwnedBy } from "../domain/session-id.ts";
import type { Shares } from "../shares/shares.ts";
import type { SessionRegistry } from "../store/store.ts";

/** How many names of sessions one query looks up. */
const NAMES_PER_QUERY = 1000;

/** Whose sessions they are, and where their names are looked up. */
export interface UsableSessionsParts {
  readonly applicationId: string;
  readonly sessions: SessionRegistry;
  readonly shares: Shares;
}

/** Those of the sessions that are the project's and that the caller may use. Names are looked up only where they decide. */
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
