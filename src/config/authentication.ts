import type { JwtRules } from "../access/bearer-jwt.ts";
import type { Environment } from "./environment.ts";
import { jwtSecret, presentText, safeUrl } from "./variables.ts";

const OTHER_SECRET = "must be another secret than the OpenTok project's";

/** The problem when callers' JWTs are signed with a secret of the project's: a connection token would be one, too. */
export const SAME_SECRET = `AUTH_JWT_SECRET: ${OTHER_SECRET}`;

/** How callers' JWTs are verified; null when none are accepted. */
export function jwtRulesOf(env: Environment): JwtRules | null {
  const secret = env.read("AUTH_JWT_SECRET", jwtSecret);
  const jwksUri = env.read("AUTH_JWKS_URI", safeUrl);
  const issuer = env.read("AUTH_JWT_ISSUER", presentText);
  const audience = env.read("AUTH_JWT_AUDIENCE", presentText);
  const isVerified = env.has("AUTH_JWT_SECRET") || env.has("AUTH_JWKS_URI");
  for (const name of ["AUTH_JWT_ISSUER", "AUTH_JWT_AUDIENCE"] as const) {
    if (isVerified || !env.has(name)) continue;
    env.problem(name, "needs AUTH_JWT_SECRET or AUTH_JWKS_URI, to verify who says so");
  }
  const secrets = [env.get("OPENTOK_API_SECRET"), env.get("OPENTOK_API_SECRET_PREVIOUS")];
  if (secret && secrets.includes(env.get("AUTH_JWT_SECRET"))) env.problem("AUTH_JWT_SECRET", OTHER_SECRET);
  return secret || jwksUri ? { secret, jwksUri, issuer, audience } : null;
}
