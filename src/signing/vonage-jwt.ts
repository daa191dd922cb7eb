import type { Grant } from "../domain/grant.ts";
import type { TokenClaims } from "../domain/token-inspection.ts";
import { CONNECT, readConnectionClaims } from "./connection-claims.ts";
import { signRs256, verifyJws } from "./jws.ts";
import type { KeyRing } from "./key-ring.ts";

/**
 * A connection token of Vonage Unified: RS256 with the application's private key. No part of the grant becomes the name of a claim.
 * Source: the platform's server SDKs.
 *
 * @param id unguessable and unique; becomes `jti`
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

/** The claims of a Vonage JWT from any program with the application's key, or why it is not genuine. */
export function readVonageJwt(token: string, keyRing: KeyRing): TokenClaims | string {
  const claims = verifyJws(token, "RS256", keyRing.verifyingKeys);
  if (typeof claims === "string") return claims;
  if (claims.application_id !== keyRing.applicationId) return "it belongs to another application";
  // vonage-ruby 7.35 writes the connection data as `data`.
  return readConnectionClaims(claims, claims.connection_data ?? claims.data);
}
