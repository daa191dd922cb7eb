import { describe, expect, it, vi } from "vitest";
import { authenticator, openUntilFirstKey } from "../../src/access/authenticate.ts";
import type { Credentials } from "../../src/access/credential.ts";
import { AuthenticationUnavailable, DatabaseUnavailable, Unauthenticated } from "../../src/errors.ts";
import { added, freshKeys, keys, RULES, refused, server } from "../support/api-keys.ts";

freshKeys();

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
      refused(/^The header x-api-key must have an API key, which begins with stagepass_$/),
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
