import { describe, expect, it } from "vitest";
import { type GrantInput, grantFor } from "../../src/domain/grant.ts";
import { Role } from "../../src/domain/role.ts";

/** Late in its second, so that rounding up would show. */
const now = new Date(1_795_500_000_999);
const createTime = 1_795_500_000;
const DAY = 86_400;

const grant = (input: GrantInput) => grantFor("1_abc", input, now);

describe("grantFor", () => {
  it.each<[string, GrantInput]>([
    ["absent", {}],
    ["null", { role: null, data: null, expireTime: null, expiresIn: null, initialLayoutClassList: null }],
  ])("gives what is %s its default", (_, input) => {
    expect(grant(input)).toEqual({
      sessionId: "1_abc",
      role: Role.PUBLISHER,
      data: null,
      initialLayoutClassList: [],
      createTime,
      expireTime: createTime + DAY,
    });
  });

  it.each<GrantInput>([
    ...Object.values(Role).map((role) => ({ role })),
    { data: "" },
    { data: "x".repeat(1000) },
    { data: "🙂".repeat(500) },
    { data: "\0\n&=%+:" },
    { expireTime: createTime + 1 },
    { expireTime: createTime + 30 * DAY },
    { initialLayoutClassList: [] },
    { initialLayoutClassList: ["focus", "🙂"] },
    { initialLayoutClassList: ["x".repeat(499), "y".repeat(500)] },
  ])("accepts %j", (input) => {
    expect(grant(input)).toMatchObject(input);
  });

  it.each<[string, GrantInput, RegExp]>([
    ["data", { data: "x".repeat(1001) }, /at most 1000 characters; 1001/],
    ["data", { data: "🙂".repeat(500).concat("x") }, /at most 1000 characters; 1001/],
    ["data", { data: "a\ud800b" }, /surrogate/],
    ["data", { data: "\udc00" }, /surrogate/],
    ["expireTime", { expireTime: createTime }, /later than now/],
    ["expireTime", { expireTime: -1 }, /later than now, which is \d+; -1 was given$/],
    ["expireTime", { expireTime: 0 }, /later than now, which is \d+; 0 was given$/],
    ["expireTime", { expireTime: 1 }, /now, which is \d+; for a lifetime use expiresIn; 1 was given$/],
    ["expireTime", { expireTime: 30 * DAY }, /; for a lifetime use expiresIn; 2592000 was given$/],
    ["expireTime", { expireTime: 30 * DAY + 1 }, /later than now, which is \d+; 2592001 was given$/],
    ["expireTime", { expireTime: createTime + 30 * DAY + 1 }, /30 days/],
    ["expireTime", { expireTime: (createTime + DAY) * 1000 }, /in seconds/],
    ["expireTime", { expireTime: createTime + 1.5 }, /whole seconds/],
    ["expireTime", { expireTime: Number.NaN }, /whole seconds/],
    ["expireTime", { expireTime: Number.POSITIVE_INFINITY }, /whole seconds/],
    ["expiresIn", { expiresIn: 0 }, /from 1 to 2592000 whole seconds, which is 30 days; 0 was given$/],
    ["expiresIn", { expiresIn: -1 }, /from 1 to 2592000/],
    ["expiresIn", { expiresIn: 30 * DAY + 1 }, /from 1 to 2592000/],
    ["expiresIn", { expiresIn: createTime - 30 * DAY - 1 }, /which is 30 days; \d+ was given$/],
    ["expiresIn", { expiresIn: createTime - 30 * DAY }, /; for a time use expireTime; \d+ was given$/],
    ["expiresIn", { expiresIn: createTime + 30 * DAY }, /; for a time use expireTime; \d+ was given$/],
    ["expiresIn", { expiresIn: createTime + 30 * DAY + 1 }, /which is 30 days; \d+ was given$/],
    ["expiresIn", { expiresIn: 1.5 }, /whole seconds/],
    ["expiresIn", { expiresIn: Number.NaN }, /whole seconds/],
    [
      "expiresIn",
      { expiresIn: 60, expireTime: createTime + 60 },
      /and expireTime exclude each other; give only one$/,
    ],
    ["initialLayoutClassList", { initialLayoutClassList: [""] }, /not empty/],
    ["initialLayoutClassList", { initialLayoutClassList: ["a b"] }, /white space/],
    ["initialLayoutClassList", { initialLayoutClassList: ["a\u00a0b"] }, /white space/],
    ["initialLayoutClassList", { initialLayoutClassList: ["a", "b\n"] }, /white space/],
    ["initialLayoutClassList", { initialLayoutClassList: ["\ud800"] }, /surrogate/],
    [
      "initialLayoutClassList",
      { initialLayoutClassList: ["x".repeat(500), "y".repeat(500)] },
      /1000 characters; 1001/,
    ],
  ])("refuses, naming %s: %j", (argument, input, rule) => {
    expect(() => grant(input)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(rule),
        extensions: { code: "BAD_USER_INPUT", retryable: false, argument },
      }),
    );
  });

  it("does not repeat connection data in its refusal", () => {
    expect(() => grant({ data: "canary".repeat(200) })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("canary") }),
    );
  });

  it.each<[string, number | null | undefined, number]>([
    ["24 hours without a limit", undefined, DAY],
    ["24 hours when the limit is null", null, DAY],
    ["24 hours when the limit is longer", DAY + 1, DAY],
    ["the limit when it is shorter", DAY - 1, DAY - 1],
    ["the limit when it is a second", 1, 1],
  ])("lets a token for which no end is asked live for %s", (_, maxLifetime, lifetime) => {
    expect(grantFor("1_abc", {}, now, maxLifetime).expireTime).toBe(createTime + lifetime);
  });

  it.each([1, DAY, 30 * DAY])("ends %d seconds after the creation with that as expiresIn", (expiresIn) => {
    expect(grant({ expiresIn, expireTime: null })).toMatchObject({
      createTime,
      expireTime: createTime + expiresIn,
    });
    expect(grantFor("1_abc", { expiresIn }, now, 60).expireTime).toBe(createTime + expiresIn);
  });

  it("does not shorten a life that is asked for: whether it is allowed is for others to say", () => {
    const expireTime = createTime + 120;
    expect(grantFor("1_abc", { expireTime }, now, 60).expireTime).toBe(expireTime);
  });
});
