import type { Session } from "../domain/session.ts";
import type { SessionSelection } from "../domain/session-selection.ts";

/** A session with its place in the order of creation, which never changes. */
export interface RegisteredSession {
  readonly position: number;
  readonly session: Session;
}

/** The sessions created here. */
export interface SessionRegistry {
  /** Registers a session, durably. */
  add(session: Session): Promise<void>;

  /** Those of the sessions that are registered, in any order, in one query. */
  findMany(sessionIds: readonly string[]): Promise<Session[]>;

  /**
   * At most `limit` of the project's selected sessions, newest first, from those before `position` in the order of
   * creation, or from the newest when it is null.
   */
  newest(
    applicationId: string,
    selection: SessionSelection,
    limit: number,
    position: number | null,
  ): Promise<RegisteredSession[]>;
}

/** What is kept of an API key, which is not the key. */
export interface ApiKey {
  /** The part of the key that may be seen. */
  readonly id: string;
  /** Unique among the keys that are not revoked. */
  readonly name: string;
  /** The SHA-256 of the key, in hexadecimal. */
  readonly digest: string;
  /** What it grants, as a JWT would claim it. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** The API keys of callers. */
export interface ApiKeys {
  /** Adds a key, durably; false when one of its name is there and not revoked. */
  add(apiKey: ApiKey): Promise<boolean>;

  /** The key with this ID, revoked or not. */
  find(id: string): Promise<ApiKey | null>;

  /** Whether there is, or ever was, a key. */
  any(): Promise<boolean>;

  /** All of them, the oldest first. */
  list(): Promise<ApiKey[]>;

  /** Revokes the key with this ID or name, for ever; false when there is none that is not revoked. */
  revoke(idOrName: string, revokedAt: Date): Promise<boolean>;
}

/** What outlives the process. */
export interface Store {
  readonly sessions: SessionRegistry;
  readonly apiKeys: ApiKeys;

  /** Resolves when the store answers, and rejects when it does not. */
  ping(): Promise<void>;

  /** Gives the database back, whole in its file. */
  close(): Promise<void>;
}
