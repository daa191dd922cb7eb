import type { TokenFormat } from "./connection-token.ts";
import type { Role } from "./role.ts";

/** The ledger record of an issued token. It has neither the token nor its connection data. */
export interface IssuedToken {
  /** The `jti` or `nonce` of the token. */
  readonly id: string;
  readonly sessionId: string;
  readonly role: Role;
  readonly format: TokenFormat;
  /** The caller: the subject of its JWT, or the name of its API key. */
  readonly issuedTo: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** The person that the token is for, as the application names it; null if the caller did not say. */
  readonly identity: string | null;
  /** When it was revoked; null if it was not. */
  readonly revokedAt: Date | null;
  /** Ties the token to participants with its connection data, without revealing the data; null for earlier records. */
  readonly fingerprint: string | null;
}
