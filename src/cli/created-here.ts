import { type Config, keptDatabase } from "../config/config.ts";
import { checkThere, openToLook } from "../store/database.ts";
import { sqlStore } from "../store/sql-store.ts";
import { failureOf } from "./failure.ts";

/**
 * Whether the database knows a session, of which nothing changes; null when the database cannot be read. Standard error says
 * what the ID alone does not.
 */
export async function lookUpSession({ database }: Config, sessionId: string): Promise<boolean | null> {
  try {
    checkThere(keptDatabase(database));
    const store = sqlStore(await openToLook(database));
    try {
      const createdHere = (await store.sessions.findMany([sessionId])).length > 0;
      noteOrigin(createdHere);
      return createdHere;
    } finally {
      await store.close();
    }
  } catch (error) {
    process.stderr.write(`Whether the session was created here is unknown: ${failureOf(error).message}\n`);
    return null;
  }
}

/** Says on standard error that a session was not created here. */
export function noteOrigin(createdHere: boolean): void {
  if (createdHere) return;
  process.stderr.write(
    "The session was not created here: the database does not know it, and an ID does not prove that it exists.\n",
  );
}
