import type { Grant, GrantInput } from "./grant.ts";

/** The format of a connection token. */
export enum TokenFormat {
  JWT = "jwt",
  T1 = "t1",
}

/** The format of a token when none is asked for. */
export const DEFAULT_FORMAT = TokenFormat.JWT;

/** A token as a caller asks for it: what is absent or null gets its default. */
export interface TokenInput extends GrantInput {
  readonly format?: TokenFormat | null;
}

/** The format of the token that is asked for. */
export function formatOf({ format }: TokenInput): TokenFormat {
  return format ?? DEFAULT_FORMAT;
}

/** A token just generated, with what it grants. A secret until it expires. */
export interface ConnectionToken extends Grant {
  readonly token: string;
  /** The token's own: its `jti`, or its `nonce` in the format T1. */
  readonly id: string;
  readonly format: TokenFormat;
  /** The project whose credentials signed it: an OpenTok API key or a Vonage application ID. */
  readonly applicationId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}
