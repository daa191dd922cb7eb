import type { SessionOptions } from "../domain/session.ts";

/** Where sessions come from. */
export interface Platform {
  /** The project whose sessions these are: an OpenTok API key or a Vonage application ID. */
  readonly applicationId: string;
  /** How long it takes to create a session at most, in milliseconds. */
  readonly timeout: number;

  /**
   * Creates a session on the platform and resolves to its ID, which the project owns.
   *
   * @throws {RateLimited} when the platform is asked too often
   * @throws {PlatformRejected} when the platform refuses
   * @throws {PlatformUnavailable} when it does not answer, or with nothing that can be understood
   */
  createSession(options: SessionOptions, now: Date): Promise<string>;
}
