import type { Caller } from "../access/caller.ts";
import { checkSession } from "../access/policy.ts";
import type { Session } from "../domain/session.ts";
import type { Shares } from "../shares/shares.ts";

/** One answer per session, in order; `Forbidden` for a session that the caller may not use. */
export type Each<T> = readonly (T | Error)[];

/** Reads the sessions that the caller may use, all together. */
export async function eachSession<T>(
  { query }: Shares,
  caller: Caller,
  sessions: readonly Session[],
  read: (sessionIds: readonly string[]) => Promise<readonly T[]>,
): Promise<Each<T>> {
  const checked = sessions.map(({ sessionId, name }) => {
    try {
      checkSession(caller, sessionId, name);
      return sessionId;
    } catch (error) {
      return error as Error;
    }
  });
  const allowed = checked.filter((each) => typeof each === "string");
  const found = allowed.length > 0 ? await query(caller.id, () => read(allowed)) : [];
  const answers = found.values();
  return checked.map((each) => (typeof each === "string" ? (answers.next().value as T) : each));
}
