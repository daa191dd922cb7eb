import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * The format of an API key: `stagepass_`, its ID of eight hexadecimal digits, `_`, and 32 random bytes in base64url.
 * Only the last part is secret. The rest lets people, and scanners for leaked secrets, identify the key.
 */
const FORMAT = /^stagepass_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;
/** A leaked key, or its beginning. */
const BEGINNING = /^stagepass_([0-9a-f]{8})_/;
const ID = /^[0-9a-f]{8}$/;

/** The prefix of every API key. */
export const API_KEY_PREFIX = "stagepass_";

/** A new key, shown once, and the ID and digest to store. */
export interface NewApiKey {
  readonly key: string;
  readonly id: string;
  readonly digest: string;
}

/** A new key with 256 random bits. */
export function newApiKey(): NewApiKey {
  const id = randomBytes(4).toString("hex");
  const key = `${API_KEY_PREFIX}${id}_${randomBytes(32).toString("base64url")}`;
  return { key, id, digest: digestOf(key) };
}

/** The ID of a key; null if the text does not have the format of a key. */
export function apiKeyId(key: string): string | null {
  return FORMAT.exec(key)?.[1] ?? null;
}

/** The ID in a key, or in its beginning up to the secret; null if the text is neither. */
export function leakedKeyId(text: string): string | null {
  return BEGINNING.exec(text)?.[1] ?? null;
}

/** The rule of names, for messages. */
export const KEY_NAME_RULE =
  "must be 1 to 100 letters, digits, or . _ @ -, and must not look like a key or its ID, or be -";

/**
 * Whether a key can have this name: 1 to 100 ASCII letters, digits, `.`, `_`, `@` or `-`. A name must not look like a key or an ID,
 * because `keys revoke` accepts these, too. Nor may it be `-`, which means standard input.
 */
export function isApiKeyName(name: string): boolean {
  return /^[\w.@-]{1,100}$/.test(name) && name !== "-" && !ID.test(name) && leakedKeyId(name) === null;
}

/** Whether a key has this digest, compared in constant time. */
export function isKeyOf(digest: string, key: string): boolean {
  return timingSafeEqual(Buffer.from(digest, "hex"), Buffer.from(digestOf(key), "hex"));
}

/** The SHA-256 of the whole key, in hexadecimal. A slower hash is unnecessary, because a key has 256 random bits. */
function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
