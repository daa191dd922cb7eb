import { randomUUID } from "node:crypto";
import { signHs256, signRs256 } from "./jws.ts";
import type { KeyRing } from "./key-ring.ts";

/** The lifetime of the authentication token, in seconds, which is the platform's maximum. */
const LIFETIME = 300;

/**
 * The header that authenticates one call to the platform. Each call has a new token, signed with the current key.
 * Source: the platform's server SDKs.
 */
export async function platformAuth(keyRing: KeyRing, now: Date): Promise<Record<string, string>> {
  const { environment, applicationId, signingKey } = keyRing;
  const iat = Math.floor(now.getTime() / 1000);
  const times = { iat, exp: iat + LIFETIME, jti: randomUUID() };
  if (environment === "vonage") {
    const token = await signRs256({ application_id: applicationId, ...times }, signingKey);
    return { authorization: `Bearer ${token}` };
  }
  const claims = { iss: applicationId, ist: "project", ...times };
  return { "x-opentok-auth": signHs256(claims, signingKey) };
}
