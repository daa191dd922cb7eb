import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** The fewest bits of an RSA key, as RFC 7518, section 3.3, has it for RS256. */
const MIN_RSA_BITS = 2048;

/**
 * An RSA key from its PEM text, PKCS#1 or PKCS#8.
 *
 * @param pem line ends may be written `\n`, as some shells and container tools need
 * @throws {Error} with the rule that it breaks, and nothing of the text
 */
export function rsaKey(pem: string, kind: "private" | "public or private"): KeyObject {
  const text = pem.replaceAll("\\n", "\n");
  if (/ENCRYPTED/.test(text)) throw new Error("is encrypted with a passphrase; decrypt it first");
  const isPublic = /PUBLIC KEY-----/.test(text) && !/PRIVATE KEY-----/.test(text);
  if (isPublic && kind === "private") throw new Error("is a public key; signing needs the private one");
  let key: KeyObject;
  try {
    key = isPublic ? createPublicKey(text) : createPrivateKey(text);
  } catch {
    // OpenSSL's reason tells a person nothing, and might quote the text.
    throw new Error("is no key in PEM format, PKCS#1 or PKCS#8");
  }
  if (key.asymmetricKeyType !== "rsa") throw new Error(`must be an RSA key; it is ${key.asymmetricKeyType}`);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_RSA_BITS) throw new Error(`must have at least ${MIN_RSA_BITS} bits; it has ${bits}`);
  return key;
}
