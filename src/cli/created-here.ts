import { type Config, keptDatabase } from "../config/config.ts";
import { isStorable } from "../domain/text.ts";
import { checkThere, openToLook } from "../store/database.ts";
import { sqlStore } from "../store/sql-store.ts";
import { failureOf } from "./failure.ts";

/** What the database tells about a token. */
export interface Known {
  /** Whether it has the token's session; null if it cannot be read. */
  readonly createdHere: boolean | null;
  /** The ID of the token, if it is revoked. */
  readonly revoked: ReadonlySet<string>;
}

/** The database tells nothing. */
export const UNKNOWN: Known = { createdHere: null, revoked: new Set() };

/**
 * What the database tells about a token of a session. Changes nothing. Writes a note to standard error unless the session was
 * created here.
 */
export async function lookUpToken(
  { database, ledger }: Config,
  sessionId: string,
  tokenId: string | null,
): Promise<Known> {
  try {
    checkThere(keptDatabase(database));
    const store = sqlStore(await openToLook(database));
    try {
      const createdHere = (await store.sessions.findMany([sessionId])).length > 0;
      noteOrigin(createdHere);
      const isKnown = ledger && tokenId !== null && isStorable(tokenId);
      const revoked = isKnown ? await store.ledger.revoked([tokenId]) : UNKNOWN.revoked;
      return { createdHere, revoked };
    } finally {
      await store.close();
    }
  } catch (error) {
    process.stderr.write(
      `Cannot tell whether the session was created here, or the token revoked: ${failureOf(error).message}\n`,
    );
    return UNKNOWN;
  }
}

/** Notes on standard error that a session was not created here. */
export function noteOrigin(createdHere: boolean): void {
  if (createdHere) return;
  process.stderr.write(
    "The session was not created here: the database does not have it, and an ID does not prove that it exists.\n",
  );
}
