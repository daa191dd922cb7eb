import { setTimeout } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { DatabaseUnavailable, Unauthenticated } from "../errors.ts";
import { lately } from "../shares/lately.ts";
import type { ApiKeys, StoredApiKey } from "../store/store.ts";
import { API_KEY_PREFIX, apiKeyId, isKeyOf } from "./api-key.ts";
import { asNew, type Caller, callerWith, keyCallerId, localCaller } from "./caller.ts";
import { type Credentials, credentialOf } from "./credential.ts";
import { BELIEVED, type CallerListener, jwtCallers, KNOWN, NO_LISTENER } from "./jwt-callers.ts";
import type { JwtRules } from "./jwt-checks.ts";

/**
 * Returns the caller of a request.
 *
 * @throws {Unauthenticated} if the credential is missing or invalid
 * @throws {AuthenticationUnavailable} if the identity provider does not answer
 */
export type Authenticate = (credentials: Credentials) => Promise<Caller>;

/** Authenticates callers. */
export type Authenticator = Authenticate & {
  /**
   * Rejects while no caller can be authenticated: all need an identity provider whose keys are unavailable.
   *
   * @throws {AuthenticationUnavailable}
   */
  check(): Promise<void>;

  /**
   * Replaces the rules for JWTs. It cannot start or stop the acceptance of JWTs.
   *
   * @returns whether the rules changed
   */
  rotate(jwtRules: JwtRules | null): boolean;
};

/** The shortest time between two notes of the use of one API key, in milliseconds. */
const USE_NOTED = 60_000;
/**
 * The shortest time between two reads of the IDs of all API keys, in milliseconds. A read that finds a new key allows the next at
 * once. A flood of unknown keys delays a new key by at most this time.
 */
const IDS_READ_EVERY = 1000;

/**
 * Authenticates callers by API keys and, if `jwtRules` is not null, by JWTs.
 *
 * @param turn is awaited before each verification, for the known caller or for `STRANGERS`
 * @param fetch requests a provider's keys
 */
export function authenticator(
  jwtRules: JwtRules | null,
  apiKeys: ApiKeys,
  now: () => Date,
  turn: (callerId: string) => Promise<void> = async () => {},
  listener: CallerListener = NO_LISTENER,
  fetch = globalThis.fetch,
): Authenticator {
  const jwts = jwtCallers(jwtRules, now, turn, listener, fetch);
  const isIssued = issuedIds(apiKeys);
  // A key that is revoked or expires works until its cached record is too old.
  const found = new LRUCache<string, { apiKey: StoredApiKey; caller?: Caller }>({
    max: KNOWN,
    ttl: BELIEVED,
    // A look-up completes even if other keys evict it from the cache.
    ignoreFetchAbort: true,
    fetchMethod: async (id) => {
      const apiKey = await apiKeys.find(id);
      return apiKey ? { apiKey } : undefined;
    },
  });

  const noted = new LRUCache<string, true>({ max: KNOWN, ttl: USE_NOTED });
  /** Notes the use of a key, once an hour. No request waits for it; a failure only makes the last use an hour less exact. */
  const noteUse = ({ id, isUsedThisHour }: StoredApiKey) => {
    if (isUsedThisHour || noted.has(id)) return;
    noted.set(id, true);
    apiKeys.use(id).catch(() => {});
  };

  const byApiKey = async (key: string): Promise<Caller> => {
    const id = apiKeyId(key);
    const entry = id !== null && (await isIssued(id)) ? await found.fetch(id) : undefined;
    const apiKey = entry?.apiKey;
    if (!entry || !apiKey || apiKey.revokedAt !== null || !isKeyOf(apiKey.digest, key)) {
      throw new Unauthenticated("The API key is unknown or was revoked");
    }
    // Only a caller with the whole key may learn this.
    if (apiKey.isExpired) throw new Unauthenticated("The API key has expired");
    noteUse(apiKey);
    entry.caller ??= heeded(callerWith(keyCallerId(apiKey.id), apiKey.name, apiKey.claims));
    return asNew(entry.caller);
  };
  const heeded = (caller: Caller) => {
    if (caller.problems.length > 0) listener.onUnreadable(caller);
    return caller;
  };

  const authenticate: Authenticate = async (credentials) => {
    const credential = credentialOf(credentials);
    return credential.startsWith(API_KEY_PREFIX) ? byApiKey(credential) : jwts.callerOf(credential);
  };

  const check = async () => {
    try {
      await jwts.check();
    } catch (error) {
      const isUsable = ({ revokedAt, isExpired }: StoredApiKey) => revokedAt === null && !isExpired;
      if (!(await apiKeys.list()).some(isUsable)) throw error;
    }
  };
  return Object.assign(authenticate, { check, rotate: jwts.rotate });
}

/** Whether an API key has this ID, from memory. A flood of made-up keys costs one query a second. */
function issuedIds(apiKeys: ApiKeys): (id: string) => Promise<boolean> {
  let issued: ReadonlySet<string> = new Set();
  const readIds = async () => {
    issued = new Set(await apiKeys.ids());
  };
  let readLately = lately(IDS_READ_EVERY, readIds);
  return async (id) => {
    if (issued.has(id)) return true;
    await readLately();
    if (!issued.has(id)) return false;
    // The key is new and genuine, so the next new key need not wait.
    readLately = lately(IDS_READ_EVERY, readIds);
    return true;
  };
}

/** How long a request waits for the database to report whether any key exists, in milliseconds. */
const ANSWERS_WITHIN = 250;

/**
 * Accepts every caller of a server that only its own machine can reach, until the first API key exists. Then it requires credentials.
 * While the database does not answer, its last answer counts; so requests that need the database report its failure. A late answer
 * counts from its arrival.
 */
export function openUntilFirstKey(apiKeys: ApiKeys, authenticate: Authenticate): Authenticate {
  let closed = false;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  const ask = async () => {
    try {
      closed = await apiKeys.any();
      answeredAt = performance.now();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
    } finally {
      asking = undefined;
    }
  };
  return async (credentials) => {
    if (!closed && performance.now() - answeredAt > BELIEVED) {
      asking ??= ask();
      await Promise.race([asking, setTimeout(ANSWERS_WITHIN, undefined, { ref: false })]);
    }
    return closed ? authenticate(credentials) : localCaller();
  };
}
