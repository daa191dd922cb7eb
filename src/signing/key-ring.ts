import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";

/** Which of the platform's two environments credentials are of; it decides the formats of tokens. */
export type PlatformEnvironment = "opentok" | "vonage";

interface Keys {
  readonly signing: KeyObject;
  /** The one that signs first, then that which it replaced. */
  readonly verifying: readonly KeyObject[];
}

/**
 * A project's identity and its keys: one signs, several verify. Keys are KeyObjects, made once: signing with one is
 * some fifty times as fast as with a string, and nothing that prints or serialises a key ring shows them.
 */
export class KeyRing {
  readonly environment: PlatformEnvironment;
  /** The OpenTok API key or the Vonage application ID: public, and the owner of the project's sessions. */
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

  /** The API secrets, or the RSA public keys, that tokens of this project may be signed with. */
  get verifyingKeys(): readonly KeyObject[] {
    return this.#keys.verifying;
  }

  /**
   * Takes over the keys of `next` at once: whoever holds this key ring signs with them from now on.
   *
   * @returns whether they are others than before
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
 * @param previousSecret one that still verifies and no longer signs
 */
export function openTokKeyRing(apiKey: string, apiSecret: string, previousSecret?: string): KeyRing {
  const signing = createSecretKey(apiSecret, "utf8");
  const previous = previousSecret === undefined ? [] : [createSecretKey(previousSecret, "utf8")];
  return new KeyRing("opentok", apiKey, { signing, verifying: [signing, ...previous] });
}

/**
 * The key ring of a Vonage application.
 *
 * @param privateKey of `rsaKey`
 * @param previousKey one that still verifies and no longer signs; public or private
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
  });
}

function publicKeyOf(key: KeyObject): KeyObject {
  return key.type === "public" ? key : createPublicKey(key);
}
