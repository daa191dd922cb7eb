import { createSecretKey } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { authenticator, type Credentials, openUntilFirstKey } from "../../src/access/authenticate.ts";
import { LEEWAY } from "../../src/access/bearer-jwt.ts";
import { Role } from "../../src/domain/role.ts";
import { AuthenticationUnavailable, DatabaseUnavailable, Unauthenticated } from "../../src/errors.ts";
import type { ApiKey, ApiKeys, StoredApiKey } from "../../src/store/store.ts";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";

/** API keys in memory, which count how often they are asked, and how often for all IDs. */
class Keys implements ApiKeys {
  readonly kept = new Map<string, StoredApiKey>();
  /** The IDs of those whose use was noted, in order. */
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

const CLAIMS = { scope: "tokens:create", video_grant: { roles: ["PUBLISHER"] } };
const RULES = { secret: createSecretKey(JWT_SECRET, "utf8"), jwksUri: null, issuer: null, audience: null };

let keys: Keys;

/** Adds a key, and gives what its owner was shown. */
async function added(name = "backend") {
  const { key, id, digest } = newApiKey();
  await keys.add({ id, name, digest, claims: CLAIMS, createdAt: new Date(), revokedAt: null });
  return { key, id };
}

/** Whether callers can be known while the keys of the identity provider cannot be had. */
const isReady = () => {
  const authenticate = authenticator(
    { ...RULES, secret: null, jwksUri: "http://[::1]:1/" },
    keys,
    () => new Date(),
  );
  return authenticate.check().then(
    () => true,
    (error: unknown) => !(error instanceof AuthenticationUnavailable),
  );
};

const server = (rules: typeof RULES | null = RULES) => {
  const authenticate = authenticator(rules, keys, () => new Date());
  return async (credentials: Credentials) => authenticate(credentials);
};

beforeEach(() => {
  keys = new Keys();
  // lru-cache holds on to `performance`, which fake timers replace.
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  vi.spyOn(performance, "now").mockImplementation(() => Date.now());
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const refused = (message: string | RegExp) =>
  expect.objectContaining({
    message: expect.stringMatching(message),
    extensions: { code: "UNAUTHENTICATED" },
  });
const unknownKey = /^The API key is not one of this server's, or was revoked$/;

describe("an API key", () => {
  it.each<[string, (key: string) => Credentials]>([
    ["as a bearer token", (key) => ({ authorization: `Bearer ${key}` })],
    ["as a bearer token, in another case and with spaces", (key) => ({ authorization: `bEARER   ${key}  ` })],
    ["in x-api-key", (key) => ({ "x-api-key": key })],
  ])("is accepted %s", async (_, credentials) => {
    const { key, id } = await added();
    expect(await server()(credentials(key))).toEqual({
      id: `key:${id}`,
      subject: "backend",
      scopes: new Set(["tokens:create"]),
      permissions: expect.objectContaining({ roles: new Set([Role.PUBLISHER]) }),
      admitted: new Set(),
    });
  });

  it("is accepted where no JWT is", async () => {
    const { key } = await added();
    expect(await server(null)({ "x-api-key": key })).toMatchObject({ subject: "backend" });
  });

  it("is looked up once for many requests, each of which has a caller of its own", async () => {
    const { key } = await added();
    const authenticate = server();
    const one = await authenticate({ "x-api-key": key });
    const two = await authenticate({ "x-api-key": key });
    expect(one.admitted).not.toBe(two.admitted);
    expect([keys.asked, keys.read]).toEqual([1, 1]);
  });

  it("is refused with the digest of another", async () => {
    const { key } = await added();
    const forged = key.slice(0, -43) + newApiKey().key.slice(-43);
    await expect(server()({ "x-api-key": forged })).rejects.toThrow(refused(unknownKey));
    await expect(server()({ authorization: `Bearer ${forged}` })).rejects.toThrow(refused(unknownKey));
  });

  it("is refused from memory when it is unknown: a flood costs one query a second", async () => {
    const { key } = await added();
    const authenticate = server();
    const flood = async () => {
      const strangers = Array.from({ length: 1500 }, () => authenticate({ "x-api-key": newApiKey().key }));
      const refusal = { status: "rejected", reason: refused(unknownKey) };
      expect(await Promise.allSettled(strangers)).toEqual(strangers.map(() => refusal));
    };
    await flood();
    expect([keys.asked, keys.read]).toEqual([0, 1]);
    vi.advanceTimersByTime(999);
    await flood();
    expect(await authenticate({ "x-api-key": key })).toMatchObject({ subject: "backend" });
    expect([keys.asked, keys.read]).toEqual([1, 1]);
    vi.advanceTimersByTime(1);
    await flood();
    expect([keys.asked, keys.read]).toEqual([1, 2]);
  });

  it("is not looked for again while the last query is underway", async () => {
    const authenticate = server();
    let answer = (_ids: string[]) => {};
    const ids = vi.spyOn(keys, "ids").mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    const first = authenticate({ "x-api-key": newApiKey().key });
    vi.advanceTimersByTime(1500);
    const second = authenticate({ "x-api-key": newApiKey().key });
    answer([]);
    await expect(first).rejects.toThrow(refused(unknownKey));
    await expect(second).rejects.toThrow(refused(unknownKey));
    expect(ids).toHaveBeenCalledTimes(1);
  });

  it("works at once when it is new, and so does the next one", async () => {
    const authenticate = server();
    for (const name of ["one", "two", "three"]) {
      const { key } = await added(name);
      expect(await authenticate({ "x-api-key": key })).toMatchObject({ subject: name });
    }
  });

  it("works within a second when it is new, while strangers try unknown ones", async () => {
    const authenticate = server();
    await expect(authenticate({ "x-api-key": newApiKey().key })).rejects.toThrow(refused(unknownKey));
    const { key } = await added();
    vi.advanceTimersByTime(999);
    await expect(authenticate({ "x-api-key": key })).rejects.toThrow(refused(unknownKey));
    vi.advanceTimersByTime(1);
    expect(await authenticate({ "x-api-key": key })).toMatchObject({ subject: "backend" });
  });

  it("is refused without asking when it is malformed", async () => {
    await expect(server()({ "x-api-key": "stagepass_1" })).rejects.toThrow(refused(unknownKey));
    expect([keys.asked, keys.read]).toEqual([0, 0]);
  });

  it("is refused once it is revoked", async () => {
    const { key, id } = await added();
    await keys.revoke(id, new Date());
    await expect(server()({ "x-api-key": key })).rejects.toThrow(refused(unknownKey));
  });

  it("works for two seconds after it is revoked, at most", async () => {
    const { key, id } = await added();
    const authenticate = server();
    await authenticate({ "x-api-key": key });
    await keys.revoke(id, new Date());
    vi.advanceTimersByTime(1900);
    await expect(authenticate({ "x-api-key": key })).resolves.toMatchObject({ subject: "backend" });
    vi.advanceTimersByTime(200);
    await expect(authenticate({ "x-api-key": key })).rejects.toThrow(refused(unknownKey));
  });

  it("is refused once it has expired, which only the whole key is told", async () => {
    const { key, id } = await added();
    keys.change(id, { isExpired: true });
    await expect(server()({ "x-api-key": key })).rejects.toThrow(refused(/^The API key has expired$/));
    const forged = key.slice(0, -43) + newApiKey().key.slice(-43);
    await expect(server()({ "x-api-key": forged })).rejects.toThrow(refused(unknownKey));
    await keys.revoke(id, new Date());
    await expect(server()({ "x-api-key": key })).rejects.toThrow(refused(unknownKey));
    expect(keys.used).toEqual([]);
  });

  it("has its use noted once an hour, and at once only where that works", async () => {
    const { key, id } = await added();
    const authenticate = server();
    const use = () => authenticate({ "x-api-key": key });
    const failing = vi.spyOn(keys, "use").mockRejectedValue(new DatabaseUnavailable("it is locked"));
    await use();
    await use();
    vi.advanceTimersByTime(59_000);
    await use();
    expect(failing).toHaveBeenCalledTimes(1);
    failing.mockRestore();
    vi.advanceTimersByTime(1001);
    await use();
    await use();
    expect(keys.used).toEqual([id]);
    keys.change(id, { isUsedThisHour: true });
    vi.advanceTimersByTime(120_000);
    await use();
    expect(keys.used).toEqual([id]);
    keys.change(id, { isUsedThisHour: false });
    vi.advanceTimersByTime(2001);
    await use();
    expect(keys.used).toEqual([id, id]);
  });

  it.each(["ids", "find"] as const)("is neither accepted nor refused while %s fails", async (method) => {
    const { key } = await added();
    vi.spyOn(keys, method).mockRejectedValue(new DatabaseUnavailable("the disk is gone"));
    await expect(server()({ "x-api-key": key })).rejects.toThrow(DatabaseUnavailable);
  });

  it("is accepted within a second after the database is there again", async () => {
    const { key } = await added();
    const authenticate = server();
    const failure = vi.spyOn(keys, "ids").mockRejectedValue(new DatabaseUnavailable("it is away"));
    for (let i = 0; i < 3; i++)
      await expect(authenticate({ "x-api-key": key })).rejects.toThrow(DatabaseUnavailable);
    expect(failure).toHaveBeenCalledTimes(1);
    failure.mockRestore();
    vi.advanceTimersByTime(1000);
    expect(await authenticate({ "x-api-key": key })).toMatchObject({ subject: "backend" });
  });
});

describe("a JWT", () => {
  it("is not verified again with each request, and ends when it ends all the same", async () => {
    const exp = Math.floor(Date.now() / 1000) + 10;
    const authorization = `Bearer ${signedJwt({ sub: "alice", exp, ...CLAIMS })}`;
    const authenticate = server();
    const verify = vi.spyOn(jsonwebtoken, "verify");
    vi.setSystemTime((exp + LEEWAY - 1) * 1000);
    for (let i = 0; i < 3; i++) await authenticate({ authorization });
    expect(verify).toHaveBeenCalledTimes(1);
    vi.setSystemTime((exp + LEEWAY) * 1000 - 1);
    await authenticate({ authorization });
    vi.setSystemTime((exp + LEEWAY) * 1000);
    await expect(authenticate({ authorization })).rejects.toThrow(refused(/expired/));
  });

  it("is verified again after two seconds", async () => {
    const authorization = `Bearer ${signedJwt({ sub: "alice", ...CLAIMS })}`;
    const authenticate = server();
    const verify = vi.spyOn(jsonwebtoken, "verify");
    await authenticate({ authorization });
    vi.setSystemTime(Date.now() + 2100);
    await authenticate({ authorization });
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it("has a new caller at each request, whose sessions of one request are not those of the next", async () => {
    const authorization = `Bearer ${signedJwt({ sub: "alice", ...CLAIMS })}`;
    const authenticate = server();
    const first = await authenticate({ authorization });
    first.admitted.add("a session");
    for (let i = 0; i < 2; i++) {
      const next = await authenticate({ authorization });
      expect(next).toEqual({ ...first, admitted: new Set() });
      next.admitted.add("another session");
    }
  });

  it("that differs in its signature alone is not known", async () => {
    const token = signedJwt({ sub: "alice", ...CLAIMS });
    const authenticate = server();
    await authenticate({ authorization: `Bearer ${token}` });
    const forged = `${token.slice(0, -5)}${token.at(-5) === "A" ? "B" : "A"}${token.slice(-4)}`;
    await expect(authenticate({ authorization: `Bearer ${forged}` })).rejects.toThrow(refused(/signature/));
  });

  it("is accepted as a bearer token", async () => {
    const authorization = `Bearer ${signedJwt({ sub: "alice", iss: "idp", ...CLAIMS })}`;
    expect(await server()({ authorization })).toMatchObject({
      id: 'jwt:["idp","alice"]',
      subject: "alice",
      scopes: new Set(["tokens:create"]),
      permissions: { roles: new Set([Role.PUBLISHER]) },
    });
  });

  it("without a subject has an empty one", async () => {
    expect(await server()({ authorization: `Bearer ${signedJwt({})}` })).toMatchObject({
      id: 'jwt:[null,""]',
      subject: "",
      scopes: new Set(),
    });
  });

  it("cannot pass for the caller of another issuer or of an API key", async () => {
    const idOf = async (claims: object) => {
      return (await server()({ authorization: `Bearer ${signedJwt(claims)}` })).id;
    };
    const ids = [
      await idOf({ iss: "a", sub: 'b","c' }),
      await idOf({ iss: 'a","b', sub: "c" }),
      await idOf({ sub: "key:1" }),
    ];
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => id.startsWith("jwt:"))).toBe(true);
  });

  it("is refused where only API keys are accepted", async () => {
    await expect(server(null)({ authorization: `Bearer ${signedJwt({})}` })).rejects.toThrow(
      refused(/^This server accepts API keys, and no other bearer tokens$/),
    );
  });

  it("is refused when it needs keys of a provider that is not configured", async () => {
    const token = `${Buffer.from('{"alg":"RS256"}').toString("base64url")}.e30.x`;
    await expect(server()({ authorization: `Bearer ${token}` })).rejects.toThrow(Unauthenticated);
  });

  it("is refused in x-api-key", async () => {
    await expect(server()({ "x-api-key": signedJwt({}) })).rejects.toThrow(refused(/must have an API key$/));
  });
});

describe("credentials", () => {
  it("are refused in both headers at once, though both are right", async () => {
    const { key } = await added();
    const both = { authorization: `Bearer ${key}`, "x-api-key": key };
    await expect(server()(both)).rejects.toThrow(refused(/^Send either .*, not both$/));
    await expect(server()({ authorization: "", "x-api-key": key })).rejects.toThrow(refused(/not both$/));
  });

  it.each<[string, Credentials]>([
    ["nothing", {}],
    ["an empty header", { authorization: "" }],
    ["Basic", { authorization: `Basic ${Buffer.from("a:b").toString("base64")}` }],
    ["Bearer without a token", { authorization: "Bearer" }],
    ["Bearer with spaces only", { authorization: "Bearer   " }],
    ["no space after Bearer", { authorization: "Bearerabc" }],
    ["two tokens", { authorization: "Bearer abc def" }],
    ["something before Bearer", { authorization: "x Bearer abc" }],
  ])("are asked for when there is %s", async (_, credentials) => {
    await expect(server()(credentials)).rejects.toThrow(refused(/^Send the header Authorization: Bearer/));
  });

  it.each<[string, string | string[]]>([
    ["empty", ""],
    ["something else", "secret"],
    ["a list", ["stagepass_1"]],
  ])("are refused when x-api-key is %s", async (_, apiKey) => {
    await expect(server()({ "x-api-key": apiKey })).rejects.toThrow(
      refused(/^The header x-api-key must have an API key$/),
    );
  });
});

describe("openUntilFirstKey", () => {
  it("lets everybody in until there is a key, and then only who has one", async () => {
    const authenticate = openUntilFirstKey(keys, server(null));
    expect(await authenticate({})).toMatchObject({ id: "local" });
    expect(await authenticate({ authorization: "Basic x" })).toMatchObject({ id: "local" });
    expect(keys.asked).toBe(1);
    const { key } = await added();
    vi.advanceTimersByTime(2001);
    await expect(authenticate({})).rejects.toThrow(Unauthenticated);
    expect(await authenticate({ "x-api-key": key })).toMatchObject({ subject: "backend" });
  });

  it("looks for a key every two seconds", async () => {
    const authenticate = openUntilFirstKey(keys, server(null));
    await authenticate({});
    vi.advanceTimersByTime(2000);
    await authenticate({});
    expect(keys.asked).toBe(1);
    vi.advanceTimersByTime(1);
    await authenticate({});
    expect(keys.asked).toBe(2);
  });

  it("counts the last answer while the database gives none, and a late one from when it comes", async () => {
    const authenticate = openUntilFirstKey(keys, server(null));
    expect(await authenticate({})).toMatchObject({ id: "local" });
    vi.advanceTimersByTime(2001);
    keys.any = async () => {
      throw new DatabaseUnavailable("it is away");
    };
    expect(await authenticate({})).toMatchObject({ id: "local" });
    let answer = (_any: boolean) => {};
    keys.any = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    expect(await authenticate({})).toMatchObject({ id: "local" });
    answer(true);
    await Promise.resolve();
    await expect(authenticate({})).rejects.toThrow(Unauthenticated);
  });

  it("never opens again, and asks no more", async () => {
    await added();
    const authenticate = openUntilFirstKey(keys, server(null));
    await expect(authenticate({})).rejects.toThrow(Unauthenticated);
    keys.kept.clear();
    vi.advanceTimersByTime(60_000);
    await expect(authenticate({})).rejects.toThrow(Unauthenticated);
    expect(keys.asked).toBe(1);
  });

  it("lets nobody in while it cannot be told whether there is a key", async () => {
    keys.any = async () => {
      throw new Error("the disk is gone");
    };
    const authenticate = openUntilFirstKey(keys, server(null));
    await expect(authenticate({})).rejects.toThrow("the disk is gone");
  });
});

describe("a server whose identity provider is away", () => {
  it("is ready while an API key works, and not for one that is revoked or has expired", async () => {
    expect(await isReady()).toBe(false);
    const { id } = await added();
    expect(await isReady()).toBe(true);
    keys.change(id, { isExpired: true });
    expect(await isReady()).toBe(false);
    keys.change(id, { isExpired: false, revokedAt: new Date() });
    expect(await isReady()).toBe(false);
  });
});
