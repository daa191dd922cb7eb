import { describe, expect, it, vi } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import type { Credentials } from "../../src/access/credential.ts";
import { Role } from "../../src/domain/role.ts";
import { DatabaseUnavailable } from "../../src/errors.ts";
import { added, freshKeys, keys, refused, server, unknownKey } from "../support/api-keys.ts";

freshKeys();

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
      problems: [],
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
