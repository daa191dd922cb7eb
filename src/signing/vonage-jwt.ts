import type { Grant } from "../domain/grant.ts";
import type { TokenClaims } from "../domain/token-inspection.ts";
import { CONNECT, readConnectionClaims } from "./connection-claims.ts";
import { signRs256, verifyJws } from "./jws.ts";
import type { KeyRing } from "./key-ring.ts";

/**
 * A connection token of the Vonage Unified environment: RS256 with the application's private key. Every claim is
 * named here, and nothing of the grant becomes the name of one. Source: what the platform's server SDKs write.
 *
 * @param id unguessable and never used before; becomes `jti`
 */
export function signVonageJwt(grant: Grant, id: string, keyRing: KeyRing): Promise<string> {
  const claims: Record<string, unknown> = {
    application_id: keyRing.applicationId,
    scope: CONNECT,
    session_id: grant.sessionId,
    role: grant.role,
    initial_layout_class_list: grant.initialLayoutClassList.join(" "),
    sub: "video",
    acl: { paths: { "/session/**": {} } },
    iat: grant.createTime,
    exp: grant.expireTime,
    jti: id,
  };
  if (grant.data !== null) claims.connection_data = grant.data;
  return signRs256(claims, keyRing.signingKey);
}

/** What a Vonage JWT says, whoever made it with the application's key, or why it is not genuine. */
export function readVonageJwt(token: string, keyRing: KeyRing): TokenClaims | string {
  const claims = verifyJws(token, "RS256", keyRing.verifyingKeys);
  if (typeof claims === "string") return claims;
  if (claims.application_id !== keyRing.applicationId) return "it is of another application";
  // vonage-ruby 7.35 writes the connection data as `data`.
  return readConnectionClaims(claims, claims.connection_data ?? claims.data);
}
