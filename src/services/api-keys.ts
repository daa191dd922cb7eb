import { isApiKeyName, KEY_NAME_RULE, newApiKey } from "../access/api-key.ts";
import { type Caller, keyIdOf } from "../access/caller.ts";
import { type Claims, readClaims } from "../access/claims.ts";
import { describeGrant } from "../access/describe-caller.ts";
import { type ApiKeyPreset, PRESET_CLAIMS } from "../access/key-presets.ts";
import { readGrant } from "../access/permissions.ts";
import type { Quota } from "../access/quota.ts";
import { SCOPES } from "../access/scope.ts";
import { checkWithin, grantOf, isWithin } from "../access/within.ts";
import { type Actor, type Audit, actorOf } from "../audit/audit.ts";
import { BadUserInput, Forbidden, RateLimited, Unauthenticated } from "../errors.ts";
import type { Shares } from "../shares/shares.ts";
import type { ApiKeys, KeyPlace, StoredApiKey } from "../store/store.ts";
import { lookThrough } from "./look-through.ts";
import { OneByOne } from "./one-by-one.ts";
import { type Cursors, type Page, type PageInput, readingOf } from "./page.ts";

/** The most API keys that callers can create: those that can be used, and those of the last 24 hours. */
export const MAX_API_KEYS = 1000;
/** The longest grant that callers can give a key, in bytes of JSON: a page of keys may read 1000 grants. */
const MAX_GRANT_BYTES = 32 * 1024;
const DAY = 24 * 60 * 60 * 1000;
/** When to try again when there are too many keys, in seconds. */
const RETRY_WHEN_FULL = 3600;

/** The dependencies of `ApiKeyService`. */
export interface ApiKeyParts {
  readonly apiKeys: ApiKeys;
  readonly audit: Audit;
  /** The quota of acts for each caller. */
  readonly quota: Quota;
  readonly shares: Shares;
  readonly now: () => Date;
}

/** An API key as callers see it. */
export interface ShownApiKey
  extends Pick<StoredApiKey, "id" | "name" | "createdAt" | "lastUsedAt" | "expiresAt" | "revokedAt"> {
  readonly scopes: readonly string[];
  readonly videoGrant: ReturnType<typeof describeGrant>;
}

/** A new API key, which is shown once. */
export interface CreatedApiKey {
  readonly key: string;
  readonly apiKey: ShownApiKey;
}

/** The requested API key: with a preset, or with scopes and a grant. */
export interface ApiKeyInput {
  readonly name: string;
  readonly preset?: ApiKeyPreset | null;
  readonly scopes?: readonly string[] | null;
  /** The grant in the form of a `video_grant` claim. */
  readonly grant: object | null;
  /** In seconds; null for a key that does not expire. */
  readonly expiresIn?: number | null;
}

/** Lists, creates and revokes API keys that grant no more than their caller has. Other keys look unknown. */
export class ApiKeyService {
  readonly #parts: ApiKeyParts;
  /** A page may read 1000 keys to show one. */
  readonly #looking = new OneByOne();

  constructor(parts: ApiKeyParts) {
    this.#parts = parts;
  }

  /**
   * Creates a key. Without `expiresIn`, it expires when the caller's own API key does.
   *
   * @throws {RateLimited} when the caller exceeds its quota, or there are too many keys
   * @throws {BadUserInput} naming the argument that breaks a rule, or `name` for the name of another key
   * @throws {Forbidden} when the key would have a permission that the caller lacks
   * @throws {AuditUnavailable} when the required audit trail cannot be written
   */
  async create(caller: Caller, input: ApiKeyInput): Promise<CreatedApiKey> {
    const { apiKeys, audit, quota, shares, now } = this.#parts;
    await quota.take(caller, 1);
    if (!isApiKeyName(input.name)) throw new BadUserInput("name", `name ${KEY_NAME_RULE}`);
    const claims = claimsOf(input);
    checkWithin(caller, grantOf(claims));
    const createdAt = now();
    const expiresAt = await this.#expiry(caller, createdAt, input.expiresIn ?? null);
    const since = new Date(createdAt.getTime() - DAY);
    // Creations at the same moment may exceed the limit by as many.
    if ((await shares.query(caller.id, () => apiKeys.count(since))) >= MAX_API_KEYS) throw tooMany();
    const toAdd = { name: input.name, claims, createdAt, expiresAt };
    const added = await addApiKey(this.#shared(caller), audit, actorOf(caller), toAdd);
    if (!added)
      throw new BadUserInput("name", "name must differ from those of all keys that are not revoked");
    const { key, ...apiKey } = added;
    return { key, apiKey: shown({ ...apiKey, lastUsedAt: null }) };
  }

  /** @throws {BadUserInput} naming `first` or `after` */
  list(caller: Caller, page: PageInput): Promise<Page<ShownApiKey>> {
    const { apiKeys, shares } = this.#parts;
    const reading = readingOf(page, BY_CREATION);
    return this.#looking.do(caller.id, () =>
      lookThrough(reading, BY_CREATION, {
        async read(limit, after) {
          const keys = await shares.query(caller.id, () => apiKeys.page(limit, after));
          return keys.map((key) => ({
            place: { time: key.createdAt.getTime(), id: key.id },
            node: { ...shown(key), claims: key.claims },
          }));
        },
        shown: async (rows) => rows.filter(({ node }) => isWithin(caller, grantOf(node.claims))),
        walks: 1,
      }),
    );
  }

  /**
   * Revokes a key permanently.
   *
   * @throws {RateLimited} when the caller exceeds its quota
   * @throws {BadUserInput} naming `name` if the caller sees no such key that is not revoked
   */
  async revoke(caller: Caller, name: string): Promise<ShownApiKey> {
    const { apiKeys, audit, quota, shares, now } = this.#parts;
    await quota.take(caller, 1);
    const known = isApiKeyName(name) ? await shares.query(caller.id, () => apiKeys.findNamed(name)) : null;
    if (!known || !isWithin(caller, grantOf(known.claims))) throw unknownKey();
    const revokedAt = now();
    const id = await revokeApiKey(this.#shared(caller), audit, actorOf(caller), known.id, revokedAt);
    if (id === null) throw unknownKey();
    return shown({ ...known, revokedAt });
  }

  /** Changes of keys as queries of the caller. */
  #shared({ id }: Caller): ChangedKeys {
    const { apiKeys, shares } = this.#parts;
    return {
      add: (apiKey) => shares.query(id, () => apiKeys.add(apiKey)),
      revoke: (keyId, at) => shares.query(id, () => apiKeys.revoke(keyId, at)),
    };
  }

  /**
   * When a new key expires. The caller's key is read again, because a revoked one must not leave another behind.
   *
   * @throws {Forbidden} when it would be after the caller's own key
   */
  async #expiry(caller: Caller, createdAt: Date, expiresIn: number | null): Promise<Date | null> {
    if (expiresIn !== null && expiresIn < 1)
      throw new BadUserInput("expiresIn", `expiresIn must be at least 1 second; ${expiresIn} was given`);
    const asked = expiresIn === null ? null : new Date(createdAt.getTime() + expiresIn * 1000);
    const keyId = keyIdOf(caller);
    if (keyId === null) return asked;
    const own = await this.#parts.shares.query(caller.id, () => this.#parts.apiKeys.find(keyId));
    if (!own || own.revokedAt !== null || own.isExpired)
      throw new Unauthenticated("The API key was revoked or has expired");
    if (expiresIn !== null && asked !== null && own.expiresAt !== null && asked > own.expiresAt) {
      const maxLifetime = Math.max(0, Math.floor((own.expiresAt.getTime() - createdAt.getTime()) / 1000));
      throw new Forbidden("the key would expire later than the caller's own", {
        requiredLifetime: expiresIn,
        maxLifetime,
      });
    }
    return asked ?? own.expiresAt;
  }
}

type ChangedKeys = Pick<ApiKeys, "add" | "revoke">;

/** The API key to add. */
export interface ApiKeyToAdd {
  readonly name: string;
  readonly claims: Claims;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

/**
 * Adds a key with the line in the audit trail; null if another key has its name. The result is the only place that has the key.
 *
 * @throws {AuditUnavailable} if the required audit trail cannot be written
 */
export async function addApiKey(keys: ChangedKeys, audit: Audit, actor: Actor, added: ApiKeyToAdd) {
  const { key, id, digest } = newApiKey();
  const apiKey = { id, ...added, digest, revokedAt: null };
  if (!(await keys.add(apiKey))) return null;
  try {
    await audit.keyCreated(actor, apiKey);
  } catch (error) {
    // Nobody has received the key. Revoking it frees its name.
    await keys.revoke(id, new Date());
    throw error;
  }
  return { key, ...apiKey };
}

/** Revokes a key with the line in the audit trail. Resolves to its ID, or to null if no unrevoked key matches. */
export async function revokeApiKey(
  keys: ChangedKeys,
  audit: Audit,
  actor: Actor,
  idOrName: string,
  revokedAt: Date,
): Promise<string | null> {
  // Revoke first, so that the key stops working even if the audit trail cannot be written.
  const id = await keys.revoke(idOrName, revokedAt);
  if (id !== null) await audit.keyRevoked(actor, id);
  return id;
}

/**
 * The claims of a requested key.
 *
 * @throws {BadUserInput} naming `preset`, `scopes` or `videoGrant`
 */
function claimsOf({ preset, scopes, grant }: ApiKeyInput): Claims {
  if (preset != null) {
    if (scopes != null || grant !== null)
      throw new BadUserInput("preset", "preset excludes scopes and videoGrant");
    return PRESET_CLAIMS[preset];
  }
  const unknown = scopes?.some((name) => !SCOPES.some((scope) => scope === name));
  if (scopes == null || scopes.length === 0 || unknown)
    throw new BadUserInput(
      "scopes",
      `scopes must have one or more of ${SCOPES.join(", ")}; or give a preset`,
    );
  const [problem] = grant === null ? [] : readGrant(grant, "videoGrant").problems;
  if (problem) throw new BadUserInput("videoGrant", problem.says);
  if (grant !== null && Buffer.byteLength(JSON.stringify(grant)) > MAX_GRANT_BYTES)
    throw new BadUserInput("videoGrant", `videoGrant must have at most ${MAX_GRANT_BYTES} bytes as JSON`);
  const scope = SCOPES.filter((name) => scopes.includes(name)).join(" ");
  return { scope, ...(grant !== null && { video_grant: grant }) };
}

const BY_CREATION: Cursors<KeyPlace> = {
  write: ({ time, id }) => `key:${time}:${id}`,
  read(text) {
    const [, time, id] = /^key:(\d{1,15}):([0-9a-f]{8})$/.exec(text) ?? [];
    return time === undefined || id === undefined ? null : { time: Number(time), id };
  },
};

/** A key as callers see it, with what its grant allows now. */
function shown(key: Omit<ShownApiKey, "scopes" | "videoGrant"> & { readonly claims: Claims }): ShownApiKey {
  const { id, name, createdAt, lastUsedAt, expiresAt, revokedAt } = key;
  const { scopes, permissions } = readClaims(key.claims);
  const videoGrant = describeGrant(permissions);
  return { id, name, createdAt, lastUsedAt, expiresAt, revokedAt, scopes: [...scopes], videoGrant };
}

function unknownKey(): BadUserInput {
  return new BadUserInput(
    "name",
    "name must be that of a key that is not revoked, and that grants no more than you have",
  );
}

function tooMany(): RateLimited {
  const message = `There are ${MAX_API_KEYS} API keys, with those of the last 24 hours; revoke unused keys, and try again later`;
  return new RateLimited(message, RETRY_WHEN_FULL);
}
