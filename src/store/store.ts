import type { Session } from "../domain/session.ts";

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
   * At most `limit` of the project's sessions, newest first, from those before `position` in the order of creation,
   * or from the newest when it is null.
   */
  newest(applicationId: string, limit: number, position: number | null): Promise<RegisteredSession[]>;
}

/** What outlives the process. */
export interface Store {
  readonly sessions: SessionRegistry;

  /** Resolves when the store answers, and rejects when it does not. */
  ping(): Promise<void>;

  /** Gives the database back, whole in its file. */
  close(): Promise<void>;
}
