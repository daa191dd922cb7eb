import type { Caller } from "../access/caller.ts";
import type { IssuedToken } from "../domain/issued-token.ts";

/** The origin of an event, as far as it is known. */
export interface Actor {
  /** The ID of the caller; for a command, `operator:` and the user of the operating system. */
  readonly caller?: string | undefined;
  /** The client's address. */
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
}

/** The facts about a new API key. */
export interface CreatedKey {
  readonly id: string;
  readonly name: string;
  readonly expiresAt: Date | null;
}

/** What a caller does to participants, tokens and bans. */
export type Act =
  | "ban.created"
  | "ban.lifted"
  | "token.revoked"
  | "participant.removed"
  | "participant.muted"
  | "session.muted"
  | "session.unmuted"
  | "session.limited"
  | "signal.sent";

/** What an act concerns. Members that are null are not written. */
export interface Concerned {
  /** Absent or null for all sessions. */
  readonly sessionId?: string | null;
  /** The ID of a participant. */
  readonly participant?: string | null;
  /** The ID of a ban. */
  readonly ban?: string | null;
  /** The ID of a token. */
  readonly jti?: string | null;
  readonly identity?: string | null;
  /** When the ban ends, in RFC 3339. */
  readonly until?: string | null;
  readonly maxParticipants?: number | null;
}

/** A refusal. Its reason contains no text from the caller. */
export interface Refused {
  readonly code: string;
  readonly reason: string;
  readonly sessionId?: string | undefined;
  readonly role?: string | undefined;
}

/** The audit trail: who let whom in. It contains no token, secret, key or connection data. */
export interface Audit {
  /**
   * Notes issued tokens before the caller gets them. Resolves when their lines are written.
   *
   * @throws {AuditUnavailable} within two seconds, if the trail is required and cannot be written
   */
  tokensIssued(caller: Caller, tokens: readonly IssuedToken[]): Promise<void>;

  /** Notes a new session before the caller gets its ID; otherwise as `tokensIssued`. */
  sessionCreated(caller: Caller, sessionId: string): Promise<void>;

  /** Notes a new API key before anyone gets it; otherwise as `tokensIssued`. */
  keyCreated(actor: Actor, key: CreatedKey): Promise<void>;

  /** Notes a revoked API key. Resolves even if the line cannot be written, because the key stays revoked. */
  keyRevoked(actor: Actor, keyId: string): Promise<void>;

  /** Notes what a caller did. Resolves even if the line cannot be written, because it stays done. */
  acted(caller: Caller, act: Act, concerned: Concerned): Promise<void>;

  /** Notes a refusal. If there are many in a second, some are only counted. */
  refused(actor: Actor, refused: Refused): void;

  /** Notes how many old records of the ledger were purged. */
  purged(records: number): void;

  /** Notes that the server now signs with other credentials. */
  credentialsSwapped(): void;
}

/** An audit trail that writes nothing. */
export const NO_AUDIT: Audit = {
  async tokensIssued() {},
  async sessionCreated() {},
  async keyCreated() {},
  async keyRevoked() {},
  async acted() {},
  refused() {},
  purged() {},
  credentialsSwapped() {},
};

/** A caller as the origin of an event. */
export function actorOf({ id, origin }: Caller): Actor {
  return { caller: origin?.operator ?? id, address: origin?.address, requestId: origin?.requestId };
}

/** The codes of the errors in the trail. */
const AUDITED: ReadonlySet<string> = new Set(["UNAUTHENTICATED", "FORBIDDEN", "RATE_LIMITED"]);

/**
 * Notes an error that refuses an actor's request, if its code belongs in the trail.
 *
 * @param extensions the extensions of the error.
 * @param reason the message of the error.
 */
export function noteRefusal(
  audit: Audit,
  actor: Actor,
  { code, requiredSession, requiredRole }: Readonly<Record<string, unknown>>,
  reason: string,
  sessionId = textOf(requiredSession),
): void {
  if (typeof code !== "string" || !AUDITED.has(code)) return;
  audit.refused(actor, { code, reason, sessionId, role: textOf(requiredRole) });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
