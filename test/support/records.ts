import { TokenFormat } from "../../src/domain/connection-token.ts";
import type { IssuedToken } from "../../src/domain/issued-token.ts";
import { Role } from "../../src/domain/role.ts";
import {
  ArchiveMode,
  ArchiveResolution,
  MediaMode,
  type Session,
  sessionKnownById,
} from "../../src/domain/session.ts";
import type { ApiKey } from "../../src/store/store.ts";

/** The project and creation time of the records in the store's tests. */
export const PROJECT = "12345678";
export const CREATED_AT = new Date(1_795_500_000_123);

/** A session with every option. */
export const session = <More extends Partial<Session> = Partial<Session>>(
  sessionId: string,
  more?: More,
) => ({
  ...sessionKnownById(sessionId, { owner: PROJECT, location: null, createdAt: CREATED_AT }),
  mediaMode: MediaMode.ROUTED,
  archiveMode: ArchiveMode.ALWAYS,
  archiveName: "Übung 🙂 'quoted'",
  archiveResolution: ArchiveResolution.FHD_PORTRAIT,
  location: "203.0.113.7",
  e2ee: false,
  // The store returns its input.
  createdHere: true,
  ...(more as More),
});

/** A token of the session `1_a`. */
export const issued = (id: string, more: Partial<IssuedToken> = {}): IssuedToken => ({
  id,
  sessionId: "1_a",
  role: Role.PUBLISHER_ONLY,
  format: TokenFormat.T1,
  issuedTo: "Übung 🙂 'quoted'",
  issuedAt: CREATED_AT,
  expiresAt: new Date(1_795_586_400_000),
  identity: "user-42 Übung 🙂",
  revokedAt: null,
  fingerprint: "AAAAAAAAAAAAAAAAAAAAAA",
  ...more,
});

export const apiKey = (id: string, name: string): ApiKey => ({
  id,
  name,
  digest: "00".repeat(32),
  claims: { scope: "tokens:create", video_grant: { sessions: ["*"] } },
  createdAt: CREATED_AT,
  revokedAt: null,
});

export const count = <T>(length: number, make: (i: number) => T): T[] =>
  Array.from({ length }, (_, i) => make(i));
