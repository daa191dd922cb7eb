import type { Caller } from "../access/caller.ts";
import type { Quota } from "../access/quota.ts";
import type { Audit } from "../audit/audit.ts";
import type { Session, SessionOptions } from "../domain/session.ts";
import type { Platform } from "../platform/platform.ts";
import type { Shares } from "../shares/shares.ts";
import type { SessionNames, SessionRegistry } from "../store/store.ts";

/** What sessions are made with, and where they are kept. */
export interface SessionParts {
  readonly platform: Platform;
  readonly sessions: SessionRegistry;
  readonly names: SessionNames;
  readonly audit: Audit;
  /** How many sessions each caller may create. */
  readonly quota: Quota;
  readonly shares: Shares;
  readonly now: () => Date;
}

/**
 * A new session on the platform, which only the audit trail knows yet.
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
