import { createHash, type KeyObject, randomUUID, timingSafeEqual } from "node:crypto";
import jwt from "jsonwebtoken";
import { NOT_SIGNED_HERE } from "../domain/token-inspection.ts";
import { type JwtClaims, signHs256, verifyJws } from "./jws.ts";
import type { KeyRing } from "./key-ring.ts";

/** The longest JWT of a webhook, in characters. The platform's have about 500. */
export const MAX_WEBHOOK_JWT = 4096;

/** How far the `iat` of a webhook may be from this server's clock, in seconds. */
export const MAX_WEBHOOK_AGE = 300;

const ISSUER = "Vonage";

/** The project that a webhook must be for. */
export type WebhookProject = Pick<KeyRing, "environment" | "applicationId">;

/**
 * Signs a webhook as the platform does.
 *
 * @param apiKey the OpenTok API key
 * @param key the webhook secret
 * @returns the JWT for the header `Authorization: Bearer`
 */
export function signWebhook(body: string | Buffer, apiKey: string, key: KeyObject, now: Date): string {
  const claims = {
    iss: ISSUER,
    iat: Math.floor(now.getTime() / 1000),
    jti: randomUUID(),
    payload_hash: sha256(body).toString("hex"),
    api_key: apiKey,
  };
  return signHs256(claims, key);
}

/**
 * Verifies the JWT of a webhook without its body, so that an unknown sender is refused before its body is read.
 *
 * @param keys the current webhook secret, and the previous one
 * @returns the hash that its body must have, or why the JWT is not valid
 */
export function verifyWebhook(
  token: string,
  keys: readonly KeyObject[],
  project: WebhookProject,
  now: Date,
): Buffer | string {
  if (token.length > MAX_WEBHOOK_JWT) return `it has more than ${MAX_WEBHOOK_JWT} characters`;
  const claims = verifyJws(token, "HS256", keys);
  if (claims === NOT_SIGNED_HERE) {
    const isHs256 = algorithmOf(token) === "HS256";
    return isHs256 ? "it was not signed with WEBHOOK_SECRET" : "its algorithm is not HS256";
  }
  if (typeof claims === "string") return claims;
  return (
    problemOf(claims, project, now) ?? hashIn(claims) ?? "its payload_hash is not a SHA-256 in hexadecimal"
  );
}

/** Whether a body has the hash of its webhook's JWT. */
export function hasHash(body: Buffer, hash: Buffer): boolean {
  return timingSafeEqual(sha256(body), hash);
}

function problemOf(claims: JwtClaims, project: WebhookProject, now: Date): string | null {
  const { iss, iat, jti, api_key, application_id } = claims;
  if (iss !== ISSUER) return `its iss is not ${ISSUER}`;
  if (typeof iat !== "number") return "its iat is not a number";
  if (typeof jti !== "string" || jti === "") return "its jti is not a text";
  if (typeof api_key !== "string" || api_key === "") return "its api_key is not a text";
  const age = now.getTime() / 1000 - iat;
  if (age > MAX_WEBHOOK_AGE) return `it is more than ${MAX_WEBHOOK_AGE} seconds old`;
  if (age < -MAX_WEBHOOK_AGE) return `its iat is more than ${MAX_WEBHOOK_AGE} seconds ahead`;
  if (application_id === undefined) return null;
  if (typeof application_id !== "string") return "its application_id is not a text";
  const isOthers = project.environment === "vonage" && application_id.toLowerCase() !== project.applicationId;
  return isOthers ? "its application_id is of another application" : null;
}

function hashIn({ payload_hash }: JwtClaims): Buffer | null {
  const isHash = typeof payload_hash === "string" && /^[0-9a-f]{64}$/i.test(payload_hash);
  return isHash ? Buffer.from(payload_hash, "hex") : null;
}

function algorithmOf(token: string): string | undefined {
  try {
    return jwt.decode(token, { complete: true })?.header.alg;
  } catch {
    return undefined;
  }
}

function sha256(bytes: string | Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
