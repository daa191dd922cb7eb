import type { KeyObject } from "node:crypto";
import jsonwebtoken, { type Algorithm, type JwtHeader, type JwtPayload } from "jsonwebtoken";
import { isStorable } from "../domain/text.ts";
import { Unauthenticated } from "../errors.ts";
import type { KeyOf } from "./jwks.ts";

/** How callers' JWTs are verified. */
export interface JwtRules {
  /** The shared secret of HS256; null when none is configured. */
  readonly secret: KeyObject | null;
  /** Where the keys of an identity provider are; null when none is configured. */
  readonly jwksUri: string | null;
  /** What `iss` must be; null accepts any. */
  readonly issuer: string | null;
  /** What `aud` must be or have among others; null accepts any. */
  readonly audience: string | null;
}

/** By how much the clock of who issued a JWT may be off, in seconds. */
export const LEEWAY = 60;

/** The longest JWT that is looked at, in characters. */
const MAX_LENGTH = 8192;

/** The longest `sub`, as OpenID Connect Core 1.0, 2 has it. It goes on the ledger. */
const MAX_SUBJECT_LENGTH = 255;

const HMAC: readonly Algorithm[] = ["HS256"];
const ASYMMETRIC: readonly Algorithm[] = ["RS256", "ES256", "PS256"];

/** What a JWT claims. It ends, in seconds since the Unix epoch. */
export type CheckedClaims = JwtPayload & { readonly exp: number };

/**
 * What a caller's JWT claims, once it has been found genuine and current.
 *
 * @throws {Unauthenticated} when it is not
 */
export async function verifyJwt(
  token: string,
  { secret, issuer, audience }: JwtRules,
  jwks: KeyOf | null,
  now: Date,
): Promise<CheckedClaims> {
  const header = headerOf(token);
  // The algorithm chooses the kind of key, and never the other way round: a public key must not pass for a secret.
  const key = HMAC.includes(header.alg)
    ? secret
    : ASYMMETRIC.includes(header.alg)
      ? await jwks?.(header.kid, header.alg)
      : null;
  if (!key) throw invalidJwt("it is not signed with a key and an algorithm that this server accepts");
  let claims: JwtPayload | string;
  try {
    claims = jsonwebtoken.verify(token, key, {
      algorithms: [header.alg],
      ...(issuer !== null && { issuer }),
      ...(audience !== null && { audience }),
      clockTolerance: LEEWAY,
      clockTimestamp: Math.floor(now.getTime() / 1000),
    });
  } catch (error) {
    if (!(error instanceof jsonwebtoken.JsonWebTokenError)) throw invalidJwt("it is malformed");
    // Such as "jwt audience invalid. expected: …", whose end is the server's own affair.
    throw invalidJwt(error.message.replace(/\. .*/s, ""));
  }
  return checkedClaims(claims);
}

function headerOf(token: string): { alg: Algorithm; kid: string | undefined } {
  if (token.length > MAX_LENGTH) throw invalidJwt(`it is longer than ${MAX_LENGTH} characters`);
  const { alg, kid, crit } = decoded(token);
  // RFC 7515, 4.1.11: what must be understood and is not makes it invalid; jsonwebtoken does not look.
  if (crit !== undefined) throw invalidJwt("its header has crit");
  if (kid !== undefined && typeof kid !== "string") throw invalidJwt("its kid is not a string");
  return { alg: alg as Algorithm, kid };
}

function decoded(token: string): JwtHeader {
  try {
    const header = jsonwebtoken.decode(token, { complete: true })?.header;
    if (header) return header;
  } catch {
    // Its payload is not JSON.
  }
  throw invalidJwt("it is malformed");
}

/** jsonwebtoken accepts what has no `exp`, and does not look at the types of the others that it need not compare. */
function checkedClaims(claims: JwtPayload | string): CheckedClaims {
  if (typeof claims !== "object" || Array.isArray(claims)) {
    throw invalidJwt("its payload is not an object");
  }
  const { exp } = claims;
  if (exp === undefined) throw invalidJwt("it has no exp");
  for (const name of ["exp", "nbf", "iat"]) {
    if (claims[name] !== undefined && !Number.isFinite(claims[name]))
      throw invalidJwt(`its ${name} is not a number`);
  }
  for (const name of ["sub", "iss", "jti"]) {
    if (claims[name] !== undefined && typeof claims[name] !== "string")
      throw invalidJwt(`its ${name} is not a string`);
  }
  const { sub = "" } = claims;
  if (sub.length > MAX_SUBJECT_LENGTH || !isStorable(sub)) {
    throw invalidJwt(`its sub is no text of at most ${MAX_SUBJECT_LENGTH} characters`);
  }
  return { ...claims, exp };
}

function invalidJwt(reason: string): Unauthenticated {
  return new Unauthenticated(`The bearer token is not accepted: ${reason}`);
}
