import type { Caller } from "../access/caller.ts";
import type { IssuedToken } from "../domain/issued-token.ts";

/** Who did something, as far as that is known. */
export interface Actor {
  /** The ID of the caller, or `operator:` and the user of the operating system who typed a command. */
  readonly caller?: string | undefined;
  /** The address of the client. */
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
}

/** What the trail has of an API key. */
export interface CreatedKey {
  readonly id: string;
  readonly name: string;
  readonly expiresAt: Date | null;
}

/** What was refused, and why. Its reason has nothing that a caller made up. */
export interface Refused {
  readonly code: string;
  readonly reason: string;
  readonly sessionId?: string | undefined;
  readonly role?: string | undefined;
}

/** The audit trail: who let whom in. Nothing in it is a token, a secret, a key or connection data. */
export interface Audit {
  /**
   * Tokens were issued, and nobody has them yet. Resolves when their lines are written.
   *
   * @throws {AuditUnavailable} within two seconds, when they cannot be written and must be
   */
  tokensIssued(caller: Caller, tokens: readonly IssuedToken[]): Promise<void>;

  /** A session was created on the platform, and nobody has its ID yet; as above. */
  sessionCreated(caller: Caller, sessionId: string): Promise<void>;

  /** An API key was made, and nobody has it yet; as above. */
  keyCreated(actor: Actor, key: CreatedKey): Promise<void>;

  /** An API key was revoked. Resolves when that is written, or cannot be: it stays revoked. */
  keyRevoked(actor: Actor, keyId: string): Promise<void>;

  /** Something was refused. Of many in a second some are only counted. */
  refused(actor: Actor, refused: Refused): void;

  /** So many records of the ledger were purged, as they were too old. */
  purged(records: number): void;

  /** The server signs with other credentials from now on. */
  credentialsSwapped(): void;
}

/** Of who keeps no audit trail. */
export const NO_AUDIT: Audit = {
  async tokensIssued() {},
  async sessionCreated() {},
  async keyCreated() {},
  async keyRevoked() {},
  refused() {},
  purged() {},
  credentialsSwapped() {},
};

/** A caller, as the one who did something. */
export function actorOf({ id, origin }: Caller): Actor {
  return { caller: origin?.operator ?? id, address: origin?.address, requestId: origin?.requestId };
}

/** The codes of the errors that the trail has. */
const AUDITED: ReadonlySet<string> = new Set(["UNAUTHENTICATED", "FORBIDDEN", "RATE_LIMITED"]);

/**
 * Tells the trail of an error that refuses what an actor asks.
 *
 * @param extensions those of the error
 * @param reason its message
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
