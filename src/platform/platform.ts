import type { SessionOptions } from "../domain/session.ts";

/** Where sessions come from. */
export interface Platform {
  /** The project whose sessions these are: an OpenTok API key. */
  readonly applicationId: string;

  /** Creates a session on the platform and resolves to its ID, which the project owns. */
  createSession(options: SessionOptions, now: Date): Promise<string>;
}
