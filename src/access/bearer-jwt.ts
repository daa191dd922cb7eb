import type { KeyObject } from "node:crypto";
import jsonwebtoken, { type Algorithm, type JwtHeader, type JwtPayload } from "jsonwebtoken";
import { quote, Unauthenticated } from "../errors.ts";
import { isObject } from "./json.ts";
import type { KeyOf } from "./jwks.ts";
import { CLAIM_CHECKS, EXPIRED, type JwtRules, type Misfit } from "./jwt-checks.ts";

/** The longest accepted JWT, in characters. */
const MAX_LENGTH = 8192;
/** How much of an unknown `alg` or `kid` a message shows, in characters. */
const SHOWN = 60;

const HMAC: readonly Algorithm[] = ["HS256"];
const ASYMMETRIC: readonly Algorithm[] = ["RS256", "ES256", "PS256"];

/** The claims of a valid JWT. `exp` is in seconds since the Unix epoch. */
export type CheckedClaims = JwtPayload & { readonly exp: number };

/** A JWT that has not been verified. */
export interface UnverifiedJwt {
  readonly alg: Algorithm;
  readonly kid: string | undefined;
  /** The unverified claims. */
  readonly payload: unknown;
}

/**
 * Verifies the signature and the claims of a caller's JWT, and returns its claims.
 *
 * @throws {Unauthenticated} if a check fails
 */
export async function verifyJwt(
  token: string,
  rules: JwtRules,
  jwks: KeyOf | null,
  now: Date,
): Promise<CheckedClaims> {
  const jwt = readJwt(token);
  const claims = verifySignature(token, jwt.alg, await keysFor(jwt, rules, jwks));
  const seconds = secondsOf(now);
  for (const check of CLAIM_CHECKS) {
    const misfit = check.misfit(claims, rules, seconds);
    if (misfit) throw refused(misfit);
  }
  return claims as CheckedClaims;
}

/** A date in whole seconds since the Unix epoch, as in JWTs. */
export function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** @throws {Unauthenticated} if the token is not a well-formed JWT */
export function readJwt(token: string): UnverifiedJwt {
  if (token.length > MAX_LENGTH) throw refused({ reason: `it is longer than ${MAX_LENGTH} characters` });
  const { header, payload } = decoded(token);
  const { alg, kid, crit } = header;
  // RFC 7515, 4.1.11: an unknown critical parameter makes a JWT invalid; jsonwebtoken does not check it.
  if (crit !== undefined) throw refused({ reason: "its header has crit, which is not supported" });
  if (typeof alg !== "string") throw refused({ reason: "its alg is not a string" });
  if (kid !== undefined && typeof kid !== "string") throw refused({ reason: "its kid is not a string" });
  return { alg: alg as Algorithm, kid, payload };
}

function decoded(token: string): { header: JwtHeader; payload: unknown } {
  try {
    const jwt = jsonwebtoken.decode(token, { complete: true });
    if (jwt?.header) return jwt;
  } catch {
    // The payload is not JSON.
  }
  throw refused({ reason: "it is malformed" });
}

/**
 * The keys that may verify a JWT. Its algorithm selects the kind of key, so that a public key never serves as an HMAC secret.
 *
 * @throws {Unauthenticated} if there are no keys for this algorithm and key ID
 * @throws {AuthenticationUnavailable} if the provider's keys are unavailable
 */
export async function keysFor(jwt: UnverifiedJwt, rules: JwtRules, jwks: KeyOf | null): Promise<KeyObject[]> {
  const { alg, kid } = jwt;
  const possible = HMAC.includes(alg)
    ? [rules.secret, rules.previousSecret]
    : ASYMMETRIC.includes(alg)
      ? [await jwks?.(kid, alg)]
      : [];
  const keys = possible.filter((key) => key != null);
  if (keys.length > 0) return keys;
  throw refused({
    reason: "this server has no key for its alg and kid",
    forOperator: whyNoKey(jwt, rules),
  });
}

/** Why there is no key, and whether the JWT has another issuer. */
function whyNoKey({ alg, kid, payload }: UnverifiedJwt, rules: JwtRules): string {
  const accepted = [...HMAC, ...ASYMMETRIC];
  const why = !accepted.includes(alg)
    ? `its alg is ${quote(alg, SHOWN)}, not one of ${accepted.join(", ")}`
    : HMAC.includes(alg)
      ? `its alg is ${alg}, but AUTH_JWT_SECRET is not set`
      : rules.jwksUri === null
        ? `its alg is ${alg}, but AUTH_JWKS_URI is not set`
        : kid === undefined
          ? `it has no kid, and AUTH_JWKS_URI does not have exactly one key for ${alg}`
          : `AUTH_JWKS_URI has no key ${quote(kid, SHOWN)} for ${alg}`;
  const issuer = CLAIM_CHECKS.find(({ what }) => what === "iss");
  const misfit = isObject(payload) ? issuer?.misfit(payload, rules, 0)?.forOperator : undefined;
  return misfit ? `${why}; ${misfit}` : why;
}

/**
 * Verifies a JWT with the first key that fits, and returns its claims.
 *
 * @throws {Unauthenticated} if no key verifies it
 */
export function verifySignature(token: string, alg: Algorithm, keys: readonly KeyObject[]): JwtPayload {
  let failure: unknown;
  for (const key of keys) {
    try {
      const options = { algorithms: [alg], ignoreExpiration: true, ignoreNotBefore: true };
      const claims = jsonwebtoken.verify(token, key, options) as unknown;
      if (isObject(claims)) return claims;
      throw refused({ reason: "its payload is not an object" });
    } catch (error) {
      if (error instanceof Unauthenticated) throw error;
      failure = error;
    }
  }
  throw refused({
    reason: failure instanceof jsonwebtoken.JsonWebTokenError ? failure.message : "it is malformed",
  });
}

function refused({ reason, forOperator }: Misfit): Unauthenticated {
  return new Unauthenticated(`The bearer token is not accepted: ${reason}`, forOperator);
}

/** The refusal of an expired JWT. */
export function expiredJwt(): Unauthenticated {
  return refused(EXPIRED);
}
