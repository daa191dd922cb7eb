import { createHmac } from "node:crypto";
import type { Grant } from "../domain/grant.ts";
import type { KeyRing } from "./key-ring.ts";

/**
 * An OpenTok connection token in the legacy format: `T1==` and the base64 of
 * `partner_id=KEY&sig=HEX:D`, where D is form-encoded and HEX its HMAC-SHA1 with the API secret.
 * Source: npm's `opentok-token`, to the byte.
 *
 * @param nonce unguessable and never used before
 */
export function signOpenTokT1(grant: Grant, nonce: string, { apiKey, signingKey }: KeyRing): string {
  let fields =
    `session_id=${encodeURIComponent(grant.sessionId)}&create_time=${grant.createTime}` +
    `&nonce=${encodeURIComponent(nonce)}&role=${grant.role}&expire_time=${grant.expireTime}`;
  // Encoded, so that no data can add or end a field.
  if (grant.data !== null) fields += `&connection_data=${encodeURIComponent(grant.data)}`;
  if (grant.initialLayoutClassList.length > 0) {
    fields += `&initial_layout_class_list=${encodeURIComponent(grant.initialLayoutClassList.join(" "))}`;
  }
  const signature = createHmac("sha1", signingKey).update(fields).digest("hex");
  return `T1==${Buffer.from(`partner_id=${apiKey}&sig=${signature}:${fields}`).toString("base64")}`;
}
