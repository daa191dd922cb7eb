import type { Grant, GrantInput } from "./grant.ts";
import { checkLine } from "./text.ts";

/** The format of a connection token. */
export enum TokenFormat {
  JWT = "jwt",
  T1 = "t1",
}

/** The default format of a token. */
export const DEFAULT_FORMAT = TokenFormat.JWT;

/** A request for a token. A field that is absent or null gets its default. */
export interface TokenInput extends GrantInput {
  readonly format?: TokenFormat | null;
  /** The person that the token is for, as the application names it. It is on the ledger, not in the token. */
  readonly identity?: string | null;
}

/** The longest identity, in UTF-16 code units. */
export const MAX_IDENTITY_LENGTH = 128;

/**
 * The requested identity, or null.
 *
 * @throws {BadUserInput} naming `identity`
 */
export function identityOf({ identity }: TokenInput): string | null {
  return identity == null ? null : checkLine("identity", identity, MAX_IDENTITY_LENGTH);
}

/** The requested format, or the default. */
export function formatOf({ format }: TokenInput): TokenFormat {
  return format ?? DEFAULT_FORMAT;
}

/** A new token with its grant. It is a secret until it expires. */
export interface ConnectionToken extends Grant {
  readonly token: string;
  /** The `jti` of the token, or its `nonce` in the format T1. */
  readonly id: string;
  readonly format: TokenFormat;
  /** The project whose credentials signed it: an OpenTok API key or a Vonage application ID. */
  readonly applicationId: string;
  readonly identity: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}
