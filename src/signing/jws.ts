import { createHmac, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import jwt from "jsonwebtoken";
import { NOT_SIGNED_HERE } from "../domain/token-inspection.ts";

/** The claims of a token with a valid signature. */
export type JwtClaims = Readonly<Record<string, unknown>>;

const signInThreadPool = promisify(sign);
const HS256_HEADER = encode({ alg: "HS256", typ: "JWT" });
const RS256_HEADER = encode({ alg: "RS256", typ: "JWT" });

/** Signs claims as a JSON Web Token with HS256. It takes half the time of jsonwebtoken, which first checks options and claims. */
export function signHs256(claims: JwtClaims, key: KeyObject): string {
  const signed = `${HS256_HEADER}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

/**
 * Signs claims as a JSON Web Token with RS256. An RSA signature takes about 300 microseconds, so libuv's thread pool makes it:
 * jsonwebtoken would block the event loop, even with a callback.
 */
export async function signRs256(claims: JwtClaims, key: KeyObject): Promise<string> {
  const signed = `${RS256_HEADER}.${encode(claims)}`;
  const signature = await signInThreadPool("RSA-SHA256", Buffer.from(signed), key);
  return `${signed}.${signature.toString("base64url")}`;
}

/** The claims of a JSON Web Token, or why it is not valid. The algorithm is the key's, not the one in the token. */
export function verifyJws(
  token: string,
  algorithm: "HS256" | "RS256",
  keys: readonly KeyObject[],
): JwtClaims | string {
  const parts = token.split(".");
  // Only canonical base64url: decoders ignore unknown characters and unused bits, so other texts would pass as this token.
  if (parts.length !== 3 || !parts.every(isCanonical)) return "it is not a well-formed JSON Web Token";
  for (const key of keys) {
    const verified = verify(token, algorithm, key);
    if (verified === null) continue;
    const { header, payload } = verified;
    // RFC 7515, section 4.1.11: unknown extensions must be refused; jsonwebtoken does not check.
    if ("crit" in header) return "its header requires an unknown extension";
    return typeof payload === "string" ? "its payload has no claims" : payload;
  }
  return NOT_SIGNED_HERE;
}

function verify(token: string, algorithm: "HS256" | "RS256", key: KeyObject): jwt.Jwt | null {
  try {
    return jwt.verify(token, key, {
      algorithms: [algorithm],
      complete: true,
      // The domain checks the times of a genuine token.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  } catch {
    return null;
  }
}

function isCanonical(part: string): boolean {
  return part !== "" && Buffer.from(part, "base64url").toString("base64url") === part;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
