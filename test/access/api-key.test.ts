import { describe, expect, it } from "vitest";
import {
  API_KEY_PREFIX,
  apiKeyId,
  isApiKeyName,
  isKeyOf,
  leakedKeyId,
  newApiKey,
} from "../../src/access/api-key.ts";

const RANDOM = "a".repeat(43);

describe("newApiKey", () => {
  it("makes a key of the format, with its ID and digest", () => {
    const { key, id, digest } = newApiKey();
    expect(key).toMatch(/^stagepass_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
    expect(key.startsWith(`${API_KEY_PREFIX}${id}_`)).toBe(true);
    expect(apiKeyId(key)).toBe(id);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(isKeyOf(digest, key)).toBe(true);
  });

  it("makes another each time", () => {
    const keys = Array.from({ length: 100 }, newApiKey);
    expect(new Set(keys.map(({ key }) => key.slice(-43))).size).toBe(100);
    expect(new Set(keys.map(({ digest }) => digest)).size).toBe(100);
  });
});

describe("apiKeyId", () => {
  it("finds the eight digits", () => {
    expect(apiKeyId(`stagepass_0123cdef_${RANDOM}`)).toBe("0123cdef");
  });

  it.each([
    ["nothing", ""],
    ["the prefix alone", "stagepass_"],
    ["another prefix", `stagepast_0123cdef_${RANDOM}`],
    ["something before it", `xstagepass_0123cdef_${RANDOM}`],
    ["something after it", `stagepass_0123cdef_${RANDOM}a`],
    ["a trailing newline", `stagepass_0123cdef_${RANDOM}\n`],
    ["a character less", `stagepass_0123cdef_${RANDOM.slice(1)}`],
    ["an ID of seven digits", `stagepass_0123cde_${RANDOM}`],
    ["an ID of nine digits", `stagepass_0123cdef0_${RANDOM}`],
    ["an ID in capitals", `stagepass_0123CDEF_${RANDOM}`],
    ["standard base64", `stagepass_0123cdef_${RANDOM.slice(1)}+`],
    ["no separator", `stagepass_0123cdef${RANDOM}a`],
  ])("finds none in %s", (_, key) => {
    expect(apiKeyId(key)).toBeNull();
  });
});

describe("leakedKeyId", () => {
  it.each([`stagepass_0123cdef_${RANDOM}`, "stagepass_0123cdef_aa", "stagepass_0123cdef_"])(
    "finds the eight digits in %s",
    (text) => expect(leakedKeyId(text)).toBe("0123cdef"),
  );

  it.each(["0123cdef", "stagepass_0123cdef", "xstagepass_0123cdef_a", "stagepass_0123CDEF_a"])(
    "finds none in %s",
    (text) => expect(leakedKeyId(text)).toBeNull(),
  );
});

describe("isApiKeyName", () => {
  it.each(["web", "ann@example.com", "a".repeat(100), "0123cde", "0123CDEF", "stagepass_0123cdef"])(
    "takes %s",
    (name) => expect(isApiKeyName(name)).toBe(true),
  );

  it.each([
    "",
    "a".repeat(101),
    "a b",
    "é",
    "web\n",
    "-",
    "0123cdef",
    "stagepass_0123cdef_",
    "stagepass_0123cdef_aa",
  ])("does not take %j", (name) => expect(isApiKeyName(name)).toBe(false));
});

describe("isKeyOf", () => {
  it("is the SHA-256 of the whole key", () => {
    const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(isKeyOf(digest, "abc")).toBe(true);
    expect(isKeyOf(digest.replace(/d$/, "c"), "abc")).toBe(false);
  });

  it("tells keys apart that share the ID", () => {
    const { key, digest } = newApiKey();
    expect(isKeyOf(digest, key.slice(0, -43) + RANDOM)).toBe(false);
  });
});
