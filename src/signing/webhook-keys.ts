import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";

/** The webhook secrets of a server. Printing or serializing them does not show them. */
export class WebhookKeys {
  #keys: readonly [KeyObject, ...KeyObject[]];

  constructor(current: KeyObject, ...previous: KeyObject[]) {
    this.#keys = [current, ...previous];
  }

  /** The current secret. */
  get signing(): KeyObject {
    return this.#keys[0];
  }

  /** The current secret, then the previous one. */
  get verifying(): readonly KeyObject[] {
    return this.#keys;
  }

  /**
   * Replaces the secrets with those of `next`, for every user of this object.
   *
   * @returns whether the secrets changed
   */
  takeKeysOf(next: WebhookKeys): boolean {
    const [old, current] = [this.#keys, next.#keys];
    this.#keys = current;
    return old.length !== current.length || !old.every((key, i) => current[i]?.equals(key));
  }
}

/** A random secret, for a server that receives only its own events. */
export function randomWebhookKeys(): WebhookKeys {
  return new WebhookKeys(createSecretKey(randomBytes(32)));
}
