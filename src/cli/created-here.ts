import { type Config, keptDatabase } from "../config/config.ts";
import { checkThere, openToLook } from "../store/database.ts";
import { sqlStore } from "../store/sql-store.ts";
import { failureOf } from "./failure.ts";

/**
 * Whether the database has a session; null if the database cannot be read. Changes nothing. Writes a note to standard error unless
 * the session was created here.
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
    process.stderr.write(`Cannot tell whether the session was created here: ${failureOf(error).message}\n`);
    return null;
  }
}

/** Notes on standard error that a session was not created here. */
export function noteOrigin(createdHere: boolean): void {
  if (createdHere) return;
  process.stderr.write(
    "The session was not created here: the database does not have it, and an ID does not prove that it exists.\n",
  );
}
