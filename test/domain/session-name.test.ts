import { describe, expect, it } from "vitest";
import { checkMaxAge, checkSessionName, MAX_NAME_LENGTH } from "../../src/domain/session-name.ts";

const refused = (argument: string, rule: RegExp) =>
  expect.objectContaining({
    message: expect.stringMatching(rule),
    extensions: { code: "BAD_USER_INPUT", retryable: false, argument },
  });

describe("checkSessionName", () => {
  it.each(["a", " ", "*", "team 7 / Übung 🎥", "a".repeat(MAX_NAME_LENGTH)])("gives back %j", (name) => {
    expect(checkSessionName(name)).toBe(name);
  });

  it.each<[string, RegExp]>([
    ["", /^name must not be empty$/],
    ["a".repeat(201), /^name must be at most 200 characters; 201 were given$/],
    ["\ud83c", /^name must be well-formed Unicode/],
    ...["\0", "\n", "a\tb", "\u007f", "\u0085", "\u2028", "a\u2029", "\ufffe", "a\u{10ffff}"].map(
      (name): [string, RegExp] => [
        name,
        /^name must not have control characters, line breaks or noncharacters$/,
      ],
    ),
  ])("refuses %j", (name, rule) => {
    expect(() => checkSessionName(name)).toThrow(refused("name", rule));
  });
});

describe("checkMaxAge", () => {
  it.each([1, 2 ** 31 - 1])("gives back %d", (maxAge) => {
    expect(checkMaxAge(maxAge)).toBe(maxAge);
  });

  it.each([0, -1])("refuses %d", (maxAge) => {
    expect(() => checkMaxAge(maxAge)).toThrow(
      refused("maxAge", new RegExp(`^maxAge must be at least 1, in seconds; ${maxAge} was given$`)),
    );
  });
});
