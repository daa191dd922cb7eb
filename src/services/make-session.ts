import type { Caller } from "../access/caller.ts";
import type { Quota } from "../access/quota.ts";
import type { Audit } from "../audit/audit.ts";
import type { Session, SessionOptions } from "../domain/session.ts";
import type { Platform } from "../platform/platform.ts";
import type { Shares } from "../shares/shares.ts";
import type { SessionNames, SessionRegistry } from "../store/store.ts";

/** The dependencies for creating sessions. */
export interface SessionParts {
  readonly platform: Platform;
  readonly sessions: SessionRegistry;
  readonly names: SessionNames;
  readonly audit: Audit;
  /** The quota of new sessions for each caller. */
  readonly quota: Quota;
  readonly shares: Shares;
  /** Whether tokens are recorded. Without, no session can have a limit of participants. */
  readonly isLedgerOn: boolean;
  readonly now: () => Date;
}

/**
 * Creates a session on the platform and writes it to the audit trail, but not to the registry.
 *
 * @throws {AuditUnavailable} when the trail is required and cannot be written
 */
export async function makeSession(
  { platform, audit, now }: SessionParts,
  caller: Caller,
  name: string | null,
  options: SessionOptions,
): Promise<Session> {
  const createdAt = now();
  const sessionId = await platform.createSession(options, createdAt);
  await audit.sessionCreated(caller, sessionId);
  return { sessionId, applicationId: platform.applicationId, name, ...options, createdAt, createdHere: true };
}
