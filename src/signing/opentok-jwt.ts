import jwt from "jsonwebtoken";
import type { Grant } from "../domain/grant.ts";
import type { KeyRing } from "./key-ring.ts";

/**
 * An OpenTok connection token as a JSON Web Token: HS256 with the API secret. Every claim is named here, and
 * nothing of the grant becomes the name of one. Source: what the platform's server SDKs write.
 *
 * @param id unguessable and never used before; becomes `nonce` and `jti`
 */
export function signOpenTokJwt(grant: Grant, id: string, { apiKey, signingKey }: KeyRing): string {
  const claims: Record<string, string | number> = {
    iss: apiKey,
    ist: "project",
    iat: grant.createTime,
    exp: grant.expireTime,
    nonce: id,
    jti: id,
    role: grant.role,
    scope: "session.connect",
    session_id: grant.sessionId,
  };
  if (grant.data !== null) claims.connection_data = grant.data;
  if (grant.initialLayoutClassList.length > 0) {
    claims.initial_layout_class_list = grant.initialLayoutClassList.join(" ");
  }
  return jwt.sign(claims, signingKey, { algorithm: "HS256" });
}
