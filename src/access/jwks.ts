import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { AuthenticationUnavailable, abridge, reasonOf } from "../errors.ts";

/**
 * The public key with an ID, for one algorithm; null when the provider has no such key.
 *
 * @throws {AuthenticationUnavailable} when the provider does not answer, and the key is not known from before
 */
export type KeyOf = (kid: string | undefined, algorithm: string) => Promise<KeyObject | null>;

/** The keys of a provider. */
export type Jwks = KeyOf & {
  /**
   * Resolves while there are keys to verify with, which asks the provider where they are old.
   *
   * @throws {AuthenticationUnavailable} when there are none, and the provider does not answer
   */
  check(): Promise<void>;
};

/** How long the provider's keys are used without asking it again, in milliseconds. */
const MAX_AGE = 10 * 60 * 1000;
/** How long they are used beyond that while it cannot be asked, in milliseconds. */
const FALLBACK_AGE = 60 * 60 * 1000;
/** The least time between two requests to the provider, whatever keys callers name, in milliseconds. */
const PAUSE = 6000;
/** The deadline of asking it, in milliseconds. */
const TIMEOUT = 5000;

/** A key that the provider publishes for signatures. */
export interface PublicKey {
  readonly id: string | undefined;
  readonly key: KeyObject;
  /** The only algorithm that it is for, when the provider says so. */
  readonly algorithm: string | undefined;
}

/**
 * The keys that an identity provider publishes as a JSON Web Key Set (RFC 7517). The set is cached as a whole, so that a flood of
 * unknown key IDs cannot keep a new key from being found.
 *
 * @param fetch asks for it
 */
export function jwksKeys(uri: string, fetch = globalThis.fetch): Jwks {
  let keys: readonly PublicKey[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;
  let lastFailure = "";

  const ask = async () => {
    const read = await readJwks(uri, fetch).catch((error: Error) => {
      // `fetch` says that the connection failed, and its cause says why.
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
    // The key may be a new one, which the provider could not tell.
    if (!found && readAt < askedAt) throw new AuthenticationUnavailable(lastFailure);
    return found ?? null;
  };

  const check = async () => {
    if (isYounger(MAX_AGE)) return;
    const asked = askUnlessJustAsked();
    // Old keys are used while the provider is asked.
    if (isYounger(MAX_AGE + FALLBACK_AGE)) return;
    await asked;
    if (!isYounger(MAX_AGE)) throw new AuthenticationUnavailable(lastFailure);
  };
  return Object.assign(keyOf, { check });
}

/** A JWT that names no key is signed with the only one that there is. */
function keyIn(keys: readonly PublicKey[], kid: string | undefined, algorithm: string) {
  if (kid === undefined && keys.length > 1) return undefined;
  const isMeant = (key: PublicKey) =>
    (kid === undefined || key.id === kid) && (key.algorithm ?? algorithm) === algorithm;
  return keys.find(isMeant)?.key;
}

/**
 * The keys for signatures that a provider publishes now, at least one.
 *
 * @param fetch asks for them
 * @throws {Error} when it publishes none, or does not answer within five seconds
 */
export async function readJwks(uri: string, fetch = globalThis.fetch): Promise<PublicKey[]> {
  const response = await fetch(uri, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
  if (!response.ok) throw new Error(`the JWKS endpoint answered with status ${response.status}`);
  const { keys } = (await response.json()) as { keys?: JsonWebKey[] };
  const read = Array.isArray(keys) ? keys.flatMap(publicKeyOf) : [];
  if (read.length === 0) throw new Error("the JWKS endpoint has no public keys for signatures");
  return read;
}

/** Nothing of a key that is not for signatures, not public, or of a kind that Node does not know. */
function publicKeyOf(jwk: JsonWebKey): PublicKey | [] {
  try {
    const { kid, alg, use = "sig", d } = jwk as Record<string, string | undefined>;
    if (use !== "sig" || d !== undefined) return [];
    return { id: kid, key: createPublicKey({ key: jwk, format: "jwk" }), algorithm: alg };
  } catch {
    return [];
  }
}
