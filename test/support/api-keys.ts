import { createSecretKey } from "node:crypto";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { authenticator } from "../../src/access/authenticate.ts";
import { CLAIM_NAMES } from "../../src/access/claims.ts";
import type { Credentials } from "../../src/access/credential.ts";
import type { JwtRules } from "../../src/access/jwt-checks.ts";
import type { ApiKey, ApiKeys, StoredApiKey } from "../../src/store/store.ts";
import { JWT_SECRET } from "./callers.ts";

/** API keys in memory. They count look-ups, and reads of all IDs. */
class Keys implements ApiKeys {
  readonly kept = new Map<string, StoredApiKey>();
  /** The IDs of keys whose use was recorded, in order. */
  readonly used: string[] = [];
  asked = 0;
  read = 0;

  async add(apiKey: ApiKey) {
    const never = { expiresAt: null, isExpired: false, lastUsedAt: null, isUsedThisHour: false };
    this.kept.set(apiKey.id, { ...never, ...apiKey, expiresAt: apiKey.expiresAt ?? null });
    return true;
  }
  async find(id: string) {
    this.asked++;
    return this.kept.get(id) ?? null;
  }
  async any() {
    this.asked++;
    return this.kept.size > 0;
  }
  async ids() {
    this.read++;
    return [...this.kept.keys()];
  }
  async usable(ids: readonly string[]) {
    this.asked++;
    return ids.filter((id) => {
      const apiKey = this.kept.get(id);
      return apiKey && apiKey.revokedAt === null && !apiKey.isExpired;
    });
  }
  async findNamed(name: string) {
    return [...this.kept.values()].find((key) => key.name === name && key.revokedAt === null) ?? null;
  }
  async count() {
    return this.kept.size;
  }
  async page() {
    return [];
  }
  async list() {
    return [...this.kept.values()];
  }
  async use(id: string) {
    this.used.push(id);
  }
  async revoke(id: string, revokedAt: Date) {
    this.change(id, { revokedAt });
    return id;
  }
  change(id: string, change: Partial<StoredApiKey>) {
    const apiKey = this.kept.get(id);
    if (apiKey) this.kept.set(id, { ...apiKey, ...change });
  }
}

export const CLAIMS = { scope: "tokens:create", video_grant: { roles: ["PUBLISHER"] } };
export const RULES: JwtRules = {
  secret: createSecretKey(JWT_SECRET, "utf8"),
  previousSecret: null,
  jwksUri: null,
  issuers: [],
  audiences: [],
  clientIds: [],
  claims: CLAIM_NAMES,
};

/** The keys of the current test. */
export let keys = new Keys();

/** Adds a key, and returns the text that its owner sees. */
export async function added(name = "backend") {
  const { key, id, digest } = newApiKey();
  await keys.add({ id, name, digest, claims: CLAIMS, createdAt: new Date(), revokedAt: null });
  return { key, id };
}

/** Authentication with the keys of the test. */
export const server = (rules: JwtRules | null = RULES) => {
  const authenticate = authenticator(rules, keys, () => new Date());
  return async (credentials: Credentials) => authenticate(credentials);
};

/** Sets up new keys, and a clock that the test controls, for each test of a file. */
export function freshKeys(): void {
  beforeEach(() => {
    keys = new Keys();
    // lru-cache keeps a reference to `performance`, which fake timers replace.
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
    vi.spyOn(performance, "now").mockImplementation(() => Date.now());
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

export const refused = (message: string | RegExp) =>
  expect.objectContaining({
    message: expect.stringMatching(message),
    extensions: { code: "UNAUTHENTICATED", retryable: false },
  });
export const unknownKey = /^The API key is unknown or was revoked$/;
