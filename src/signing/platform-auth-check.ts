import { NOT_SIGNED_HERE } from "../domain/token-inspection.ts";
import { type JwtClaims, verifyJws } from "./jws.ts";
import type { KeyRing } from "./key-ring.ts";

/** How far the clock of an SDK may be ahead, in seconds. */
const CLOCK_TOLERANCE = 30;

/** The longest lifetime of an authentication token, in seconds. */
const MAX_LIFETIME = 300;

/**
 * Why the `X-OPENTOK-AUTH` header of a call to the platform is refused, in the platform's words; null for a valid one. Source: the
 * platform's server SDKs, and the answers that they record.
 *
 * A connection token has the same key and issuer, but its holder is a client. So a token with a scope is refused.
 */
export function problemOfPlatformAuth(
  token: string | undefined,
  { applicationId, verifyingKeys }: KeyRing,
  now: Date,
): string | null {
  if (token === undefined) return "No suitable authentication found";
  const [header, said] = token.split(".", 2).map(decode);
  if (!header || !said) return "Invalid token format";
  if (String(said.iss) !== applicationId) return "Issuer not found";
  const claims = verifyJws(token, "HS256", verifyingKeys);
  if (claims === NOT_SIGNED_HERE) return "Invalid signature";
  if (typeof claims === "string") return "Invalid token format";

  const { iat, exp, scope } = claims;
  // The Ruby SDK writes it in the header.
  const isProject = (claims.ist ?? header.ist) === "project";
  if (!isProject || scope !== undefined || typeof iat !== "number" || typeof exp !== "number")
    return "Invalid token format";
  const seconds = now.getTime() / 1000;
  if (iat > seconds + CLOCK_TOLERANCE) return "issued time cannot be greater than current time";
  if (exp <= seconds) return "Token expired";
  return exp - iat > MAX_LIFETIME ? "Invalid token format" : null;
}

/** The object in a part of a JWT; null for other text. */
function decode(part: string): JwtClaims | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" ? (value as JwtClaims | null) : null;
  } catch {
    return null;
  }
}
