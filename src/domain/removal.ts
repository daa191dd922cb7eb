/** Why a participant must leave. */
export enum RemovalReason {
  /** A caller removed it. */
  REMOVED = "removed",
  /** A ban keeps it out. */
  BANNED = "banned",
  /** Its token is revoked. */
  REVOKED = "revoked",
  /** The session has too many participants. */
  FULL = "full",
  /** No event told who it is, in a session from which somebody is kept out. */
  UNIDENTIFIED = "unidentified",
}

/** A participant that must leave, until the platform confirms that it has. */
export interface Removal {
  readonly participantId: string;
  readonly sessionId: string;
  readonly reason: RemovalReason;
  /** How many attempts have failed. */
  readonly attempts: number;
}
