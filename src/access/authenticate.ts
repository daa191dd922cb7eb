import { setTimeout } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { DatabaseUnavailable, Unauthenticated } from "../errors.ts";
import { lately } from "../shares/lately.ts";
import type { ApiKeys, StoredApiKey } from "../store/store.ts";
import { API_KEY_PREFIX, apiKeyId, isKeyOf } from "./api-key.ts";
import { type JwtRules, LEEWAY, verifyJwt } from "./bearer-jwt.ts";
import { asNew, type Caller, callerWith, localCaller } from "./caller.ts";
import { jwksKeys } from "./jwks.ts";

/** What a request says of who sends it. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly "x-api-key"?: string | string[] | undefined;
}

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
};

/**
 * How long a look-up of an API key is believed, and a JWT found genuine, in milliseconds. A key that is revoked, or expires, works
 * for so long at most.
 */
const BELIEVED = 2000;
/** How long after a use of an API key was noted, or could not be, it is not noted again, in milliseconds. */
const USE_NOTED = 60_000;
/** How many API keys, and JWTs, are known at a time. */
const KNOWN = 1000;
/**
 * The shortest time between two readings of the IDs of all API keys, in milliseconds, unless the first one found a new key.
 * While strangers try unknown keys, a new key works this much later at most.
 */
const IDS_READ_EVERY = 1000;

/** For whom the event loop works where no caller is known yet: strangers together have the share of one caller. */
export const STRANGERS = "strangers";

/**
 * Callers by their API keys and, when there are rules for them, by their JWTs.
 *
 * @param turn is awaited before a JWT is verified, with the ID of the caller whom it named before, or of strangers
 */
export function authenticator(
  jwtRules: JwtRules | null,
  apiKeys: ApiKeys,
  now: () => Date,
  turn: (callerId: string) => Promise<void> = async () => {},
): Authenticator {
  const jwks = jwtRules?.jwksUri ? jwksKeys(jwtRules.jwksUri) : null;
  const isIssued = issuedIds(apiKeys);
  const found = new LRUCache<string, StoredApiKey>({
    max: KNOWN,
    ttl: BELIEVED,
    // A look-up that others crowd out before it ends still ends.
    ignoreFetchAbort: true,
    fetchMethod: async (id) => (await apiKeys.find(id)) ?? undefined,
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
    const apiKey = id !== null && (await isIssued(id)) ? await found.fetch(id) : undefined;
    if (!apiKey || apiKey.revokedAt !== null || !isKeyOf(apiKey.digest, key)) {
      throw new Unauthenticated("The API key is not one of this server's, or was revoked");
    }
    // Only whoever has the whole key is told.
    if (apiKey.isExpired) throw new Unauthenticated("The API key has expired");
    noteUse(apiKey);
    return callerWith(`key:${apiKey.id}`, apiKey.name, apiKey.claims);
  };

  /** A back end sends the same JWT with each of its requests, and to verify it takes longer than to sign a token. */
  const verified = new LRUCache<string, { caller: Caller; end: number; believedUntil: number }>({
    max: KNOWN,
  });

  const byJwt = async (token: string): Promise<Caller> => {
    if (!jwtRules) throw new Unauthenticated("This server accepts API keys, and no other bearer tokens");
    const instant = now();
    const known = verified.get(token);
    const isBelieved = known && performance.now() < known.believedUntil;
    if (isBelieved && instant.getTime() < known.end) return asNew(known.caller);
    await turn(known?.caller.id ?? STRANGERS);
    const claims = await verifyJwt(token, jwtRules, jwks, instant);
    const subject = claims.sub ?? "";
    const caller = callerWith(`jwt:${JSON.stringify([claims.iss, subject])}`, subject, {
      scope: claims.scope,
      video_grant: claims.video_grant,
    });
    const believedUntil = performance.now() + BELIEVED;
    verified.set(token, { caller, end: (claims.exp + LEEWAY) * 1000, believedUntil });
    return asNew(caller);
  };

  const authenticate: Authenticate = async (credentials) => {
    const credential = credentialOf(credentials);
    return credential.startsWith(API_KEY_PREFIX) ? byApiKey(credential) : byJwt(credential);
  };

  const check = async () => {
    if (jwks === null || jwtRules?.secret) return;
    try {
      await jwks.check();
    } catch (error) {
      const isUsable = ({ revokedAt, isExpired }: StoredApiKey) => revokedAt === null && !isExpired;
      if (!(await apiKeys.list()).some(isUsable)) throw error;
    }
  };
  return Object.assign(authenticate, { check });
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

function credentialOf({ authorization, "x-api-key": apiKey }: Credentials): string {
  if (authorization !== undefined && apiKey !== undefined) {
    throw new Unauthenticated("Send either the header Authorization or x-api-key, not both");
  }
  if (typeof apiKey === "string" && apiKey.startsWith(API_KEY_PREFIX)) return apiKey;
  if (apiKey !== undefined) throw new Unauthenticated("The header x-api-key must have an API key");
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (bearer === undefined) {
    throw new Unauthenticated("Send the header Authorization: Bearer with a JWT or an API key");
  }
  return bearer;
}
