import { randomUUID } from "node:crypto";
import { signHs256, signRs256 } from "./jws.ts";
import type { KeyRing } from "./key-ring.ts";

/** How long a call's authentication is valid, in seconds: the most that the platform allows. */
const LIFETIME = 300;

/**
 * The header that authenticates one call to the platform, with a token of its own, signed with the key of the moment.
 * Source: what the platform's server SDKs send.
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
