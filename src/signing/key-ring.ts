import { createSecretKey, type KeyObject } from "node:crypto";

/**
 * A project's identity and the key that signs for it. The secret is held as a KeyObject, made once: signing
 * with it is some fifty times as fast as with a string, and nothing that prints or serialises it shows it.
 */
export interface KeyRing {
  /** The OpenTok API key: public, and the owner of the project's sessions. */
  readonly apiKey: string;
  readonly signingKey: KeyObject;
}

/** The key ring of an OpenTok project. */
export function openTokKeyRing(apiKey: string, apiSecret: string): KeyRing {
  return Object.freeze({ apiKey, signingKey: createSecretKey(apiSecret, "utf8") });
}
