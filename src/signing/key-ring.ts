import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { fingerprintKey } from "./fingerprint.ts";

/** The platform of the credentials, which decides the token formats. */
export type PlatformEnvironment = "opentok" | "vonage";

interface Keys {
  readonly signing: KeyObject;
  /** The current key, then the previous one. */
  readonly verifying: readonly KeyObject[];
  /** Derived from the current signing key; then from the previous one, if it is known. */
  readonly fingerprinting: readonly [KeyObject, ...KeyObject[]];
}

/**
 * A project's identity and keys: one signs, several verify. Keys are KeyObjects, which sign about fifty times as fast as strings.
 * Printing or serializing a key ring does not show them.
 */
export class KeyRing {
  readonly environment: PlatformEnvironment;
  /** The OpenTok API key or Vonage application ID. It is public, and owns the project's sessions. */
  readonly applicationId: string;
  #keys: Keys;

  constructor(environment: PlatformEnvironment, applicationId: string, keys: Keys) {
    this.environment = environment;
    this.applicationId = applicationId;
    this.#keys = keys;
  }

  /** The API secret, or the application's RSA private key. */
  get signingKey(): KeyObject {
    return this.#keys.signing;
  }

  /** The API secrets, or the RSA public keys, that verify this project's tokens. */
  get verifyingKeys(): readonly KeyObject[] {
    return this.#keys.verifying;
  }

  /** The keys of fingerprints: the current one, then the previous one if it is known. */
  get fingerprintKeys(): readonly [KeyObject, ...KeyObject[]] {
    return this.#keys.fingerprinting;
  }

  /**
   * Replaces the keys with those of `next`, for every user of this key ring.
   *
   * @returns whether the keys changed
   */
  takeKeysOf(next: KeyRing): boolean {
    const [old, current] = [this.#keys.verifying, next.#keys.verifying];
    this.#keys = next.#keys;
    return old.length !== current.length || !old.every((key, i) => current[i]?.equals(key));
  }
}

/**
 * The key ring of an OpenTok project.
 *
 * @param previousSecret the replaced secret, which verifies but does not sign
 */
export function openTokKeyRing(apiKey: string, apiSecret: string, previousSecret?: string): KeyRing {
  const signing = createSecretKey(apiSecret, "utf8");
  const previous = previousSecret === undefined ? [] : [createSecretKey(previousSecret, "utf8")];
  return new KeyRing("opentok", apiKey, {
    signing,
    verifying: [signing, ...previous],
    fingerprinting: [fingerprintKey(signing), ...previous.map(fingerprintKey)],
  });
}

/**
 * The key ring of a Vonage application.
 *
 * @param privateKey from `rsaKey`
 * @param previousKey the replaced key, public or private, which verifies but does not sign
 */
export function vonageKeyRing(
  applicationId: string,
  privateKey: KeyObject,
  previousKey?: KeyObject,
): KeyRing {
  const previous = previousKey === undefined ? [] : [publicKeyOf(previousKey)];
  return new KeyRing("vonage", applicationId, {
    signing: privateKey,
    verifying: [publicKeyOf(privateKey), ...previous],
    fingerprinting: [
      fingerprintKey(privateKey),
      ...(previousKey?.type === "private" ? [fingerprintKey(previousKey)] : []),
    ],
  });
}

function publicKeyOf(key: KeyObject): KeyObject {
  return key.type === "public" ? key : createPublicKey(key);
}
