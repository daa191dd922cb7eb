import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { AuthenticationUnavailable, abridge, reasonOf } from "../errors.ts";

/**
 * Returns the public key with an ID, for one algorithm; null if the provider has no such key.
 *
 * @throws {AuthenticationUnavailable} if the provider does not answer and the key is not in the cache
 */
export type KeyOf = (kid: string | undefined, algorithm: string) => Promise<KeyObject | null>;

/** The keys of a provider. */
export type Jwks = KeyOf & {
  /**
   * Resolves while usable keys exist. It requests the keys from the provider if they are old.
   *
   * @throws {AuthenticationUnavailable} if no key is usable and the provider does not answer
   */
  check(): Promise<void>;
};

/** How long the provider's keys are used before the next request, in milliseconds. */
const MAX_AGE = 10 * 60 * 1000;
/** How much longer they are used while the provider does not answer, in milliseconds. */
const FALLBACK_AGE = 60 * 60 * 1000;
/** The shortest time between two requests to the provider, whichever keys callers name, in milliseconds. */
const PAUSE = 6000;
/** The timeout of a request, in milliseconds. */
const TIMEOUT = 5000;

/** A published signature key of the provider. */
export interface PublicKey {
  readonly id: string | undefined;
  readonly key: KeyObject;
  /** The only algorithm of the key, if the provider restricts it. */
  readonly algorithm: string | undefined;
}

/**
 * The keys that an identity provider publishes as a JSON Web Key Set (RFC 7517). The whole set is cached, so a flood of unknown key
 * IDs cannot hide a new key.
 *
 * @param fetch requests the key set
 */
export function jwksKeys(uri: string, fetch = globalThis.fetch): Jwks {
  let keys: readonly PublicKey[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;
  let lastFailure = "";

  const ask = async () => {
    const read = await readJwks(uri, fetch).catch((error: Error) => {
      // The error of `fetch` says only that the connection failed; its cause says why.
      lastFailure = abridge([error, error.cause].filter(Boolean).map(reasonOf).join(": "));
    });
    askedAt = performance.now();
    asking = null;
    if (!read) return;
    keys = read;
    readAt = askedAt;
  };
  const askUnlessJustAsked = async () => {
    if (performance.now() - askedAt >= PAUSE) asking ??= ask();
    await asking;
  };
  const isYounger = (age: number) => performance.now() - readAt < age;
  const find = (kid: string | undefined, algorithm: string, maxAge: number) =>
    isYounger(maxAge) ? keyIn(keys, kid, algorithm) : undefined;

  const keyOf: KeyOf = async (kid, algorithm) => {
    const known = find(kid, algorithm, MAX_AGE);
    if (known) return known;
    await askUnlessJustAsked();
    const found = find(kid, algorithm, MAX_AGE + FALLBACK_AGE);
    // The key may be new, but the last request to the provider failed.
    if (!found && readAt < askedAt) throw new AuthenticationUnavailable(lastFailure);
    return found ?? null;
  };

  const check = async () => {
    if (isYounger(MAX_AGE)) return;
    const asked = askUnlessJustAsked();
    // Old keys remain in use during the request.
    if (isYounger(MAX_AGE + FALLBACK_AGE)) return;
    await asked;
    if (!isYounger(MAX_AGE)) throw new AuthenticationUnavailable(lastFailure);
  };
  return Object.assign(keyOf, { check });
}

/** Finds the key of a JWT. Without a key ID, the set must have exactly one key. */
function keyIn(keys: readonly PublicKey[], kid: string | undefined, algorithm: string) {
  if (kid === undefined && keys.length > 1) return undefined;
  const isMeant = (key: PublicKey) =>
    (kid === undefined || key.id === kid) && (key.algorithm ?? algorithm) === algorithm;
  return keys.find(isMeant)?.key;
}

/**
 * Requests the signature keys that a provider publishes; at least one.
 *
 * @throws {Error} if it publishes none, or does not answer within five seconds
 */
export async function readJwks(uri: string, fetch = globalThis.fetch): Promise<PublicKey[]> {
  const response = await fetch(uri, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
  if (!response.ok) throw new Error(`the JWKS endpoint answered with status ${response.status}`);
  const { keys } = (await response.json()) as { keys?: JsonWebKey[] };
  const read = Array.isArray(keys) ? keys.flatMap(publicKeyOf) : [];
  if (read.length === 0) throw new Error("the JWKS endpoint has no public keys for signatures");
  return read;
}

/** Returns an empty list for a key that is private, not for signatures, or unsupported by Node. */
function publicKeyOf(jwk: JsonWebKey): PublicKey | [] {
  try {
    const { kid, alg, use = "sig", d } = jwk as Record<string, string | undefined>;
    if (use !== "sig" || d !== undefined) return [];
    return { id: kid, key: createPublicKey({ key: jwk, format: "jwk" }), algorithm: alg };
  } catch {
    return [];
  }
}
