import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

/** The purpose of the derived keys, so that no other use of the secret has the same ones. */
const PURPOSE = "stagepass connection data fingerprint";
/** The length of a fingerprint, in bytes. */
const LENGTH = 16;

/**
 * The key of fingerprints, derived from a signing key: without it, nobody can try names out against fingerprints.
 *
 * @param signing an API secret or a private key
 */
export function fingerprintKey(signing: KeyObject): KeyObject {
  const secret =
    signing.type === "secret" ? signing.export() : signing.export({ format: "der", type: "pkcs8" });
  return createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", PURPOSE, 32)));
}

/** The fingerprint of connection data in a session, 22 characters of base64url. Null is no data. */
export function fingerprintOf(key: KeyObject, sessionId: string, data: string | null): string {
  const digest = createHmac("sha256", key)
    .update(`${sessionId}\n${data ?? ""}`)
    .digest();
  return digest.toString("base64url", 0, LENGTH);
}
