import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { DEFAULT_LIFETIME, type Grant } from "../domain/grant.ts";
import { NOT_SIGNED_HERE, type TokenClaims } from "../domain/token-inspection.ts";
import type { KeyRing } from "./key-ring.ts";

/** The prefix of tokens in the legacy format. */
export const T1_PREFIX = "T1==";

/**
 * An OpenTok connection token in the legacy format: `T1==` and the base64 of `partner_id=KEY&sig=HEX:D`. D is form-encoded, and HEX is
 * its HMAC-SHA1 with the API secret. Source: npm's `opentok-token`, byte for byte.
 *
 * @param nonce unguessable and unique
 */
export function signOpenTokT1(grant: Grant, nonce: string, { applicationId, signingKey }: KeyRing): string {
  let fields =
    `session_id=${encodeURIComponent(grant.sessionId)}&create_time=${grant.createTime}` +
    `&nonce=${encodeURIComponent(nonce)}&role=${grant.role}&expire_time=${grant.expireTime}`;
  // Encoded, so that data cannot add or end a field.
  if (grant.data !== null) fields += `&connection_data=${encodeURIComponent(grant.data)}`;
  if (grant.initialLayoutClassList.length > 0) {
    fields += `&initial_layout_class_list=${encodeURIComponent(grant.initialLayoutClassList.join(" "))}`;
  }
  const signature = hmac(fields, signingKey).toString("hex");
  return `${T1_PREFIX}${Buffer.from(`partner_id=${applicationId}&sig=${signature}:${fields}`).toString("base64")}`;
}

/**
 * The fields of a T1 token from any program with the project's credentials, or why it is not genuine. Only signed fields are trusted.
 * `partner_id` is not signed; it only tells which project's secrets to try.
 */
export function readOpenTokT1(
  token: string,
  { applicationId, verifyingKeys }: KeyRing,
): TokenClaims | string {
  const bytes = decodeBase64(token.slice(T1_PREFIX.length));
  const [head, owner, hex] = HEAD.exec(bytes?.toString("latin1") ?? "") ?? [];
  if (!bytes || !head || !hex) return "it is not a well-formed T1 token";
  if (owner !== applicationId) return "it belongs to another project";

  const signed = bytes.subarray(head.length);
  const signature = Buffer.from(hex, "hex");
  if (!verifyingKeys.some((key) => timingSafeEqual(hmac(signed, key), signature))) {
    return NOT_SIGNED_HERE;
  }
  const fields = new URLSearchParams(signed.toString("utf8"));
  // It is unknown which of two values the platform would use.
  if (new Set(fields.keys()).size !== fields.size) return "one of its fields occurs twice";
  const createTime = seconds(fields.get("create_time"));
  return {
    id: fields.get("nonce"),
    sessionId: fields.get("session_id"),
    // The .NET SDK writes upper case.
    role: fields.get("role")?.toLowerCase(),
    data: fields.get("connection_data"),
    layoutClasses: fields.get("initial_layout_class_list"),
    createTime,
    notBefore: null,
    // Some SDKs omit it; this is the format's default.
    expireTime:
      seconds(fields.get("expire_time")) ?? (createTime === null ? null : createTime + DEFAULT_LIFETIME),
  };
}

/** Lower case only, as every SDK writes it, so that a token has exactly one text. */
const HEAD = /^partner_id=([^&:]*)&sig=([0-9a-f]{40}):/;

function hmac(fields: string | Buffer, secret: KeyObject): Buffer {
  return createHmac("sha1", secret).update(fields).digest();
}

/** Decodes canonical base64, in the standard alphabet or the URL-safe one of the Java SDK; null for other text. */
function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  const standard = bytes.toString("base64");
  const urlSafe = bytes.toString("base64url");
  const padding = "=".repeat((4 - (urlSafe.length % 4)) % 4);
  return [standard, urlSafe, urlSafe + padding].includes(text) ? bytes : null;
}

/** Seconds since the epoch, with the fractions that some SDKs write. */
function seconds(field: string | null): number | null {
  if (field === null) return null;
  return /^\d{1,15}(\.\d{1,15})?$/.test(field) ? Number(field) : Number.NaN;
}
