import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { findKey } from "./pem.ts";

/** The accepted kind of key. The public half is enough to verify. */
export type Wanted = "private" | "public or private";

/** The fewest bits of an RSA key for RS256 (RFC 7518, section 3.3). */
const MIN_RSA_BITS = 2048;

/**
 * An RSA key from PEM text, PKCS#1 or PKCS#8. Unambiguous damage is repaired.
 *
 * @returns the key, and its repairs in clauses such as `its line breaks were lost`
 * @throws {Error} with the broken rule, without the text
 */
export function rsaKey(text: string, wanted: Wanted): { key: KeyObject; repairs: readonly string[] } {
  const found = findKey(text);
  const key = found && keyOf(found.der);
  if (!key) throw new Error("is not a PEM key in PKCS#1 or PKCS#8");
  if (key.type === "public" && wanted === "private") {
    throw new Error("is a public key; signing needs the private key");
  }
  if (key.asymmetricKeyType !== "rsa") throw new Error(`must be an RSA key; it is ${key.asymmetricKeyType}`);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_RSA_BITS) throw new Error(`must have at least ${MIN_RSA_BITS} bits; it has ${bits}`);
  if (key.type === "private" && !signsWell(key)) {
    throw new Error("is damaged: its signatures cannot be verified; copy the whole key");
  }
  return { key, repairs: found.repairs };
}

/** Tries every form, because some tools use the label of another form. */
function keyOf(der: Buffer): KeyObject | null {
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
    const key = attempt(() => createPrivateKey({ key: der, format: "der", type }));
    if (key) return key;
  }
  for (const type of ["spki", "pkcs1"] as const) {
    const key = attempt(() => createPublicKey({ key: der, format: "der", type }));
    if (key) return key;
  }
  return null;
}

/** Hides OpenSSL's error, which does not help and might quote the text. */
function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

/** Whether signatures of the key verify. OpenSSL accepts a key with a wrong character. */
function signsWell(key: KeyObject): boolean {
  const data = Buffer.from("stagepass");
  return attempt(() => verify("sha256", data, createPublicKey(key), sign("sha256", data, key))) ?? false;
}
