import { setTimeout } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { DatabaseUnavailable, Unauthenticated } from "../errors.ts";
import { lately } from "../shares/lately.ts";
import type { ApiKeys, StoredApiKey } from "../store/store.ts";
import { API_KEY_PREFIX, apiKeyId, isKeyOf } from "./api-key.ts";
import { asNew, type Caller, callerWith, localCaller } from "./caller.ts";
import { type Credentials, credentialOf } from "./credential.ts";
import { BELIEVED, type CallerListener, jwtCallers, KNOWN, NO_LISTENER } from "./jwt-callers.ts";
import type { JwtRules } from "./jwt-checks.ts";

/**
 * Who sends a request.
 *
 * @throws {Unauthenticated} when it cannot be told
 * @throws {AuthenticationUnavailable} when the identity provider does not answer
 */
export type Authenticate = (credentials: Credentials) => Promise<Caller>;

/** What knows callers. */
export type Authenticator = Authenticate & {
  /**
   * Rejects while no caller can be known, because an identity provider is the only way in and its keys cannot be had.
   *
   * @throws {AuthenticationUnavailable}
   */
  check(): Promise<void>;

  /**
   * Verifies JWTs by other rules from now on. Whether any are accepted stays as it is.
   *
   * @returns whether they are others than before
   */
  rotate(jwtRules: JwtRules | null): boolean;
};

/** How long after a use of an API key was noted, or could not be, it is not noted again, in milliseconds. */
const USE_NOTED = 60_000;
/**
 * The shortest time between two readings of the IDs of all API keys, in milliseconds, unless the first one found a new key.
 * While strangers try unknown keys, a new key works this much later at most.
 */
const IDS_READ_EVERY = 1000;

/**
 * Callers by their API keys and, when there are rules for them, by their JWTs.
 *
 * @param turn is awaited before a JWT is verified, with the ID of the caller whom it named before, or of strangers
 * @param fetch asks an identity provider for its keys
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
  // A key that is revoked, or expires, works until its look-up is no longer believed.
  const found = new LRUCache<string, { apiKey: StoredApiKey; caller?: Caller }>({
    max: KNOWN,
    ttl: BELIEVED,
    // A look-up that others crowd out before it ends still ends.
    ignoreFetchAbort: true,
    fetchMethod: async (id) => {
      const apiKey = await apiKeys.find(id);
      return apiKey ? { apiKey } : undefined;
    },
  });

  const noted = new LRUCache<string, true>({ max: KNOWN, ttl: USE_NOTED });
  /** Once an hour for each key. No request waits for it, and a failure loses nothing but an hour of the last use. */
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
      throw new Unauthenticated("The API key is not one of this server's, or was revoked");
    }
    // Only whoever has the whole key is told.
    if (apiKey.isExpired) throw new Unauthenticated("The API key has expired");
    noteUse(apiKey);
    entry.caller ??= heeded(callerWith(`key:${apiKey.id}`, apiKey.name, apiKey.claims));
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

/** Tells from memory whether an API key has this ID. A flood of made-up keys costs one query a second. */
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
    // This key is new, and no stranger's. The next new one need not wait for it.
    readLately = lately(IDS_READ_EVERY, readIds);
    return true;
  };
}

/** How long a request waits for the database to say whether there is a key, in milliseconds. */
const ANSWERS_WITHIN = 250;

/**
 * Everybody, for a server that only its own machine can reach; but from the first API key on that there is, only whom
 * `authenticate` knows: who makes a key means it to be needed. While the database does not answer, its last answer counts,
 * so that whoever needs it is told what fails; a late answer counts from when it comes.
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
