import { describe, expect, it } from "vitest";
import { checkBatch, tokenRefusalOf } from "../../src/domain/token-batch.ts";
import { BadUserInput, Forbidden } from "../../src/errors.ts";

describe("checkBatch", () => {
  it.each([
    [0, 1],
    [1, 1],
    [1000, Number.POSITIVE_INFINITY],
    [1000, 1000],
  ])("lets %i pass with a quota of %d", (count, quota) => {
    expect(checkBatch(count, quota)).toBeUndefined();
  });

  it.each([
    [1001, Number.POSITIVE_INFINITY, "at most 1000; 1001 were given"],
    [1001, 1000, "at most 1000; 1001 were given"],
    [6, 5, "at most 5, the caller's tokens per minute; 6 were given"],
  ])("refuses %i with a quota of %d", (count, quota, words) => {
    expect(() => checkBatch(count, quota)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(words),
        extensions: { code: "BAD_USER_INPUT", retryable: false, argument: "requests" },
      }),
    );
  });
});

describe("tokenRefusalOf", () => {
  it("says what the error says", () => {
    expect(tokenRefusalOf(new BadUserInput("data", "data is wrong"))).toEqual({
      code: "BAD_USER_INPUT",
      message: "data is wrong",
      argument: "data",
    });
    expect(tokenRefusalOf(new Forbidden("no", { requiredRole: "MODERATOR" }))).toEqual({
      code: "FORBIDDEN",
      message: "Not allowed: no",
      argument: null,
    });
  });
});
