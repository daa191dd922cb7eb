import { createPublicKey, type KeyObject } from "node:crypto";
import { JwksClient, type SigningKey } from "jwks-rsa";
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

interface PublicKey {
  readonly id: string | undefined;
  readonly key: KeyObject;
  /** The only algorithm that it is for, when the provider says so. */
  readonly algorithm: string | undefined;
}

/**
 * The keys that an identity provider publishes as a JSON Web Key Set. They are read as a whole: jwks-rsa's own cache and
 * rate limit are for one key each, so that strangers who name unknown ones would keep a new key from being found.
 */
export function jwksKeys(uri: string): Jwks {
  const client = new JwksClient({ jwksUri: uri, cache: false, fetcher: fetchKeys });
  let keys: readonly PublicKey[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;
  let lastFailure = "";

  const ask = async () => {
    const read = await client
      .getSigningKeys()
      .then((signingKeys) => signingKeys.map(publicKeyOf))
      .catch((error: Error) => {
        // Of a connection that fails, `fetch` says so, and its cause says why.
        lastFailure = abridge([error, error.cause].filter(Boolean).map(reasonOf).join(": "));
        return null;
      });
    askedAt = performance.now();
    asking = null;
    if (read === null) return;
    keys = read;
    readAt = askedAt;
  };
  const askUnlessJustAsked = async () => {
    if (performance.now() - askedAt >= PAUSE) asking ??= ask();
    await asking;
  };
  const find = (kid: string | undefined, algorithm: string, maxAge: number) =>
    performance.now() - readAt < maxAge ? keyIn(keys, kid, algorithm) : undefined;

  const keyOf: KeyOf = async (kid, algorithm) => {
    const known = find(kid, algorithm, MAX_AGE);
    if (known) return known;
    await askUnlessJustAsked();
    const found = find(kid, algorithm, MAX_AGE + FALLBACK_AGE);
    // The key may be a new one, which the provider could not tell.
    if (!found && readAt < askedAt) throw new AuthenticationUnavailable(lastFailure);
    return found ?? null;
  };

  const isYounger = (age: number) => performance.now() - readAt < age;
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
function keyIn(
  keys: readonly PublicKey[],
  kid: string | undefined,
  algorithm: string,
): KeyObject | undefined {
  if (kid === undefined && keys.length > 1) return undefined;
  const isMeant = (key: PublicKey) =>
    (kid === undefined || key.id === kid) && (key.algorithm ?? algorithm) === algorithm;
  return keys.find(isMeant)?.key;
}

/** A KeyObject made once: with a PEM, each verification would parse it. */
function publicKeyOf(signingKey: SigningKey): PublicKey {
  return { id: signingKey.kid, key: createPublicKey(signingKey.getPublicKey()), algorithm: signingKey.alg };
}

/** jwks-rsa's own request has no deadline for an answer that drips. */
async function fetchKeys(uri: string): Promise<{ keys: unknown }> {
  const response = await fetch(uri, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
  if (!response.ok) throw new Error(`the JWKS endpoint answered with status ${response.status}`);
  return (await response.json()) as { keys: unknown };
}
