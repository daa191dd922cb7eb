import { createSecretKey } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";
import { SCOPES } from "../../src/access/scope.ts";

/** The secret that signs the test callers' JWTs. */
export const JWT_SECRET = "canary-of-callers-canary-of-callers";

/** The claims of a caller with every permission. */
export const EVERYTHING = {
  sub: "everything",
  scope: SCOPES.join(" "),
  video_grant: { roles: ["SUBSCRIBER", "PUBLISHER", "PUBLISHER_ONLY", "MODERATOR"], sessions: ["*"] },
};

const key = createSecretKey(JWT_SECRET, "utf8");

/** A caller's JWT, valid for an hour by default. */
export function signedJwt(claims: object): string {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  return jsonwebtoken.sign({ exp, ...claims }, key, { algorithm: "HS256", noTimestamp: true });
}
