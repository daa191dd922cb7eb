import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * The format of an API key: `stagepass_`, eight hexadecimal digits that name it, `_`, and 32 random bytes in base64url.
 * All but the last part may be seen: it tells a person, and a scanner for leaked secrets, what this is and whose.
 */
const FORMAT = /^stagepass_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;

/** What every API key begins with. */
export const API_KEY_PREFIX = "stagepass_";

/** A new key, to be shown once, with what is kept of it. */
export interface NewApiKey {
  readonly key: string;
  readonly id: string;
  readonly digest: string;
}

/** A new key that nobody can guess. */
export function newApiKey(): NewApiKey {
  const id = randomBytes(4).toString("hex");
  const key = `${API_KEY_PREFIX}${id}_${randomBytes(32).toString("base64url")}`;
  return { key, id, digest: digestOf(key) };
}

/** The ID of a key, under which it is kept, or null when it has not the format of one. */
export function apiKeyId(key: string): string | null {
  return FORMAT.exec(key)?.[1] ?? null;
}

/** Whether a key is the one whose digest this is, in a time that tells nothing about where they differ. */
export function isKeyOf(digest: string, key: string): boolean {
  return timingSafeEqual(Buffer.from(digest, "hex"), Buffer.from(digestOf(key), "hex"));
}

/** The SHA-256 of the whole key, in hexadecimal. The key has 256 random bits, so that no slower hash is needed. */
function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
