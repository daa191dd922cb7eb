import type { SessionOptions } from "../domain/session.ts";

/** The service that creates sessions. */
export interface Platform {
  /** The project that owns the sessions: an OpenTok API key or a Vonage application ID. */
  readonly applicationId: string;
  /** The longest time to create a session, in milliseconds. */
  readonly timeout: number;

  /**
   * Creates a session of the project, and resolves to its ID.
   *
   * @throws {RateLimited} if the platform limits the project
   * @throws {PlatformRejected} if it refuses
   * @throws {PlatformUnavailable} if it gives no valid answer
   */
  createSession(options: SessionOptions, now: Date): Promise<string>;
}
