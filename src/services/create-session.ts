import type { Session, SessionOptions } from "../domain/session.ts";
import type { Platform } from "../platform/platform.ts";

/** A new session on the platform, which nobody else knows yet. */
export async function createSession(
  platform: Platform,
  name: string | null,
  options: SessionOptions,
  createdAt: Date,
): Promise<Session> {
  const sessionId = await platform.createSession(options, createdAt);
  return { sessionId, applicationId: platform.applicationId, name, ...options, createdAt };
}
