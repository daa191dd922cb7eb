import type { Grant } from "../domain/grant.ts";
import type { TokenClaims } from "../domain/token-inspection.ts";
import { CONNECT, readConnectionClaims } from "./connection-claims.ts";
import { signHs256, verifyJws } from "./jws.ts";
import type { KeyRing } from "./key-ring.ts";

/**
 * An OpenTok connection token as a JSON Web Token: HS256 with the API secret. No part of the grant becomes the name of a claim.
 * Source: the platform's server SDKs.
 *
 * @param id unguessable and unique; becomes `nonce` and `jti`
 */
export function signOpenTokJwt(grant: Grant, id: string, { applicationId, signingKey }: KeyRing): string {
  const claims: Record<string, string | number> = {
    iss: applicationId,
    ist: "project",
    iat: grant.createTime,
    exp: grant.expireTime,
    nonce: id,
    jti: id,
    role: grant.role,
    scope: CONNECT,
    session_id: grant.sessionId,
  };
  if (grant.data !== null) claims.connection_data = grant.data;
  if (grant.initialLayoutClassList.length > 0) {
    claims.initial_layout_class_list = grant.initialLayoutClassList.join(" ");
  }
  return signHs256(claims, signingKey);
}

/** The claims of an OpenTok JWT from any program with the project's credentials, or why it is not genuine. */
export function readOpenTokJwt(token: string, keyRing: KeyRing): TokenClaims | string {
  const claims = verifyJws(token, "HS256", keyRing.verifyingKeys);
  if (typeof claims === "string") return claims;
  const issuer = typeof claims.iss === "number" ? String(claims.iss) : claims.iss;
  if (issuer !== keyRing.applicationId) return "it belongs to another project";
  // An account's secret can also sign for projects, but not connection tokens.
  if (claims.ist !== "project") return "it is not a project's token";
  return readConnectionClaims(claims);
}
