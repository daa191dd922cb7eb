import type { TokenFormat } from "./connection-token.ts";
import type { Role } from "./role.ts";

/** The record of a token that was issued: no token, and no connection data. */
export interface IssuedToken {
  /** The token's own, `jti` or `nonce`. */
  readonly id: string;
  readonly sessionId: string;
  readonly role: Role;
  readonly format: TokenFormat;
  /** Who asked for it: the subject of a JWT, or the name of an API key. */
  readonly issuedTo: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}
