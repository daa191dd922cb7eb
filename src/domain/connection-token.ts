import type { Grant } from "./grant.ts";

/** The format of a connection token. */
export enum TokenFormat {
  JWT = "jwt",
  T1 = "t1",
}

/** A token just generated, with what it grants. A secret until it expires. */
export interface ConnectionToken extends Grant {
  readonly token: string;
  readonly format: TokenFormat;
  /** The project whose credentials signed it: an OpenTok API key or a Vonage application ID. */
  readonly applicationId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}
