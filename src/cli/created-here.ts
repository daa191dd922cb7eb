import { type Config, keptDatabase } from "../config/config.ts";
import { checkThere, openToLook } from "../store/database.ts";
import { sqlStore } from "../store/sql-store.ts";
import { failureOf } from "./failure.ts";

/** What the database tells about a token. */
export interface Known {
  /** Whether it has the token's session; null if it cannot be read. */
  readonly createdHere: boolean | null;
  readonly isRevoked: boolean;
}

/**
 * What the database tells about a token of a session. Changes nothing. Writes a note to standard error unless the session was
 * created here.
 */
export async function lookUpToken(
  { database }: Config,
  sessionId: string,
  tokenId: string | null,
): Promise<Known> {
  try {
    checkThere(keptDatabase(database));
    const store = sqlStore(await openToLook(database));
    try {
      const createdHere = (await store.sessions.findMany([sessionId])).length > 0;
      noteOrigin(createdHere);
      const isRevoked = tokenId !== null && (await store.ledger.revokedAt(tokenId)) !== null;
      return { createdHere, isRevoked };
    } finally {
      await store.close();
    }
  } catch (error) {
    process.stderr.write(
      `Cannot tell whether the session was created here, or the token revoked: ${failureOf(error).message}\n`,
    );
    return { createdHere: null, isRevoked: false };
  }
}

/** Notes on standard error that a session was not created here. */
export function noteOrigin(createdHere: boolean): void {
  if (createdHere) return;
  process.stderr.write(
    "The session was not created here: the database does not have it, and an ID does not prove that it exists.\n",
  );
}
