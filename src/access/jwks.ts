import { createPublicKey, type KeyObject } from "node:crypto";
import { JwksClient, JwksRateLimitError, type SigningKey, SigningKeyNotFoundError } from "jwks-rsa";
import { LRUCache } from "lru-cache";
import { AuthenticationUnavailable } from "../errors.ts";

/**
 * The public key with an ID, for one algorithm; null when the provider has no such key.
 *
 * @throws {AuthenticationUnavailable} when the provider does not answer
 */
export type KeyOf = (kid: string | undefined, algorithm: string) => Promise<KeyObject | null>;

/** How long a key is used without asking the provider again, in milliseconds. */
const MAX_AGE = 10 * 60 * 1000;
/** How long it is used beyond that while the provider cannot be asked, in milliseconds. */
const FALLBACK_AGE = 60 * 60 * 1000;
/** How often the provider is asked at most, whatever keys callers name. */
const REQUESTS_PER_MINUTE = 10;
/** The deadline of asking it, in milliseconds. */
const TIMEOUT = 5000;
const MAX_KEYS = 100;

/** The keys that an identity provider publishes as a JSON Web Key Set. */
export function jwksKeys(uri: string): KeyOf {
  const client = new JwksClient({
    jwksUri: uri,
    cache: true,
    cacheMaxEntries: MAX_KEYS,
    cacheMaxAge: MAX_AGE,
    rateLimit: true,
    jwksRequestsPerMinute: REQUESTS_PER_MINUTE,
    fetcher: fetchKeys,
  });
  // Known keys outlive a provider that fails, and strangers who name so many unknown keys that it may not be asked.
  const known = new LRUCache<string, PublicKey>({ max: MAX_KEYS, ttl: MAX_AGE + FALLBACK_AGE });
  const made = new WeakMap<SigningKey, PublicKey>();

  const publicKey = async (kid: string | undefined): Promise<PublicKey | null> => {
    const name = kid ?? "";
    try {
      const signingKey = await client.getSigningKey(kid);
      const found = made.get(signingKey) ?? publicKeyOf(signingKey);
      if (!made.has(signingKey)) known.set(name, found);
      made.set(signingKey, found);
      return found;
    } catch (error) {
      if (error instanceof SigningKeyNotFoundError) {
        known.delete(name);
        return null;
      }
      const stale = known.get(name);
      if (stale) return stale;
      if (error instanceof JwksRateLimitError) return null;
      throw new AuthenticationUnavailable();
    }
  };

  return async (kid, algorithm) => {
    const found = await publicKey(kid);
    return found && (found.algorithm ?? algorithm) === algorithm ? found.key : null;
  };
}

interface PublicKey {
  readonly key: KeyObject;
  /** The only algorithm that it is for, when the provider says so. */
  readonly algorithm: string | undefined;
}

/** A KeyObject made once: with a PEM, each verification would parse it. */
function publicKeyOf(signingKey: SigningKey): PublicKey {
  return { key: createPublicKey(signingKey.getPublicKey()), algorithm: signingKey.alg };
}

/** jwks-rsa's own request has no deadline for an answer that drips. */
async function fetchKeys(uri: string): Promise<{ keys: unknown }> {
  const response = await fetch(uri, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
  if (!response.ok) throw new Error(`the JWKS endpoint answered with status ${response.status}`);
  return (await response.json()) as { keys: unknown };
}
