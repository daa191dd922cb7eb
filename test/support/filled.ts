import { TokenFormat } from "../../src/domain/connection-token.ts";
import type { IssuedToken } from "../../src/domain/issued-token.ts";
import { Role } from "../../src/domain/role.ts";
import { type Session, sessionKnownById } from "../../src/domain/session.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { openDatabase } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { toRow } from "../../src/store/session-registry.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import { JWT_SECRET, signedJwt } from "./callers.ts";
import { API_KEY } from "./credentials.ts";
import { startServer } from "./server.ts";
import { type EngineName, newDatabaseUrl } from "./stores.ts";

/** The time of the first record here. Each next one is this many milliseconds later. */
export const START = 1_795_500_000_000;

export const at = (milliseconds: number) => new Date(START + milliseconds);

/** A session of a project, with its own number. */
export function sessionOf(
  i: number,
  { name = null, time = 0, owner = API_KEY }: { name?: string | null; time?: number; owner?: string } = {},
): Session {
  const createdAt = at(time);
  const sessionId = composeSessionId({
    owner,
    location: null,
    createdAt,
    random: `${i}`.padStart(24, "0"),
  });
  return { ...sessionKnownById(sessionId, { owner, location: null, createdAt }), name };
}

/** The record of a token, with its own number. */
export function recordOf(
  i: number,
  { sessionId }: Session,
  {
    time = 0,
    role = Role.PUBLISHER,
    issuedTo = "ann",
  }: { time?: number; role?: Role; issuedTo?: string } = {},
): IssuedToken {
  return {
    id: `00000000-0000-7000-8000-${`${i}`.padStart(12, "0")}`,
    sessionId,
    role,
    format: TokenFormat.JWT,
    issuedTo,
    issuedAt: at(time),
    expiresAt: at(time + 86_400_000),
    identity: null,
    revokedAt: null,
    fingerprint: null,
  };
}

/** A server whose database has these sessions and records, in order. A name maps to its last session. */
export async function startFilled(
  engine: EngineName,
  sessions: readonly Session[],
  records: readonly IssuedToken[],
  whenOver: (stop: () => unknown) => unknown,
) {
  const DATABASE_URL = await newDatabaseUrl(engine, { whenOver: whenOver as never });
  const database = await openDatabase(parseDatabaseUrl(DATABASE_URL));
  const store = sqlStore(database);
  const inserts = sessions.map(toRow);
  for (let i = 0; i < inserts.length; i += 500) {
    await database.kysely
      .insertInto("sessions")
      .values(inserts.slice(i, i + 500))
      .execute();
  }
  const current = new Map(sessions.map((session) => [`${session.applicationId} ${session.name}`, session]));
  const named = [...current.values()].flatMap(({ applicationId, name, sessionId }) =>
    name === null ? [] : [{ application_id: applicationId, name, session_id: sessionId, since: START }],
  );
  if (named.length > 0) await database.kysely.insertInto("session_names").values(named).execute();
  for (let i = 0; i < records.length; i += 1000) await store.ledger.record(records.slice(i, i + 1000));
  await store.close();
  const server = await startServer({ DATABASE_URL, AUTH_JWT_SECRET: JWT_SECRET });
  whenOver(() => server.close());
  return server;
}

/** The credential of a caller that may read, with a grant. */
export const reader = (video_grant: object) =>
  signedJwt({ sub: "reader", scope: "sessions:read ledger:read", video_grant });
