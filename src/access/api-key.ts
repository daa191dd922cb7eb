import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * The format of an API key: `stagepass_`, eight hexadecimal digits that name it, `_`, and 32 random bytes in base64url.
 * All but the last part may be seen: it tells a person, and a scanner for leaked secrets, what this is and whose.
 */
const FORMAT = /^stagepass_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;
/** A key, or the beginning of one, as it is found where it has leaked. */
const BEGINNING = /^stagepass_([0-9a-f]{8})_/;
const ID = /^[0-9a-f]{8}$/;

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

/** The ID in a key of which the beginning is known, up to the secret at least, or null when there is none. */
export function leakedKeyId(text: string): string | null {
  return BEGINNING.exec(text)?.[1] ?? null;
}

/**
 * Whether a key can have this name: 1 to 100 letters, digits, or `.`, `_`, `@` and `-`, which do not look like a key or its ID,
 * by which keys are revoked, too.
 */
export function isApiKeyName(name: string): boolean {
  return /^[\w.@-]{1,100}$/.test(name) && !ID.test(name) && leakedKeyId(name) === null;
}

/** Whether a key is the one whose digest this is, in a time that tells nothing about where they differ. */
export function isKeyOf(digest: string, key: string): boolean {
  return timingSafeEqual(Buffer.from(digest, "hex"), Buffer.from(digestOf(key), "hex"));
}

/** The SHA-256 of the whole key, in hexadecimal. The key has 256 random bits, so that no slower hash is needed. */
function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
