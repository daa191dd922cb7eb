import type { Caller } from "../access/caller.ts";
import type { Audit } from "../audit/audit.ts";
import type { Session, SessionOptions } from "../domain/session.ts";
import type { Platform } from "../platform/platform.ts";

/** Where sessions come from, and what is told of each. */
export interface SessionMaking {
  readonly platform: Platform;
  readonly audit: Audit;
}

/**
 * A new session on the platform, which nobody else knows yet but the audit trail.
 *
 * @throws {AuditUnavailable} when it cannot be told
 */
export async function createSession(
  { platform, audit }: SessionMaking,
  caller: Caller,
  name: string | null,
  options: SessionOptions,
  createdAt: Date,
): Promise<Session> {
  const sessionId = await platform.createSession(options, createdAt);
  await audit.sessionCreated(caller, sessionId);
  return { sessionId, applicationId: platform.applicationId, name, ...options, createdAt };
}
