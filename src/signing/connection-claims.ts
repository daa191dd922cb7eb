import type { TokenClaims } from "../domain/token-inspection.ts";
import type { JwtClaims } from "./jws.ts";

/** The scope of a connection token. The platform's keys also sign tokens of other scopes or without a scope. */
export const CONNECT = "session.connect";

/** The claims of a connection token of either platform, or why it is not a connection token. */
export function readConnectionClaims(
  claims: JwtClaims,
  data: unknown = claims.connection_data,
): TokenClaims | string {
  if (claims.scope !== CONNECT) return "it is not a connection token: it has another scope";
  return {
    id: claims.jti,
    sessionId: claims.session_id,
    role: claims.role,
    data,
    layoutClasses: claims.initial_layout_class_list,
    createTime: claims.iat,
    notBefore: claims.nbf,
    expireTime: claims.exp,
  };
}
