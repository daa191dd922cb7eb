import { describe, expect, it } from "vitest";
import {
  checkMaxAge,
  checkNamePrefix,
  checkSessionName,
  MAX_NAME_LENGTH,
} from "../../src/domain/session-name.ts";

const refused = (argument: string, rule: RegExp) =>
  expect.objectContaining({
    message: expect.stringMatching(rule),
    extensions: { code: "BAD_USER_INPUT", retryable: false, argument },
  });

/** What no name and no prefix may have, with the rule and the code point. */
const BAD: [string, RegExp][] = [
  ["a".repeat(201), /must be at most 200 characters; 201 were given$/],
  ["\ud83c", /must be well-formed Unicode/],
  ...["\0", "\n", "a\tb", "\u007f", "\u0085", "\u2028", "a\u2029", "\ufffe", "a\u{10ffff}"].map(hasHidden),
  ...["\u00a0", "a\u2009b", "\u3000", "standup\u200b", "\u200d", "a\ufe0f", "\u00ad", "\u3164"].map(
    hasHidden,
  ),
  ...["\ufeffstandup", "\u{e0001}", "\u061c", "\u202e", "\u2064", "\u034f", "\u180e", "\ufff0"].map(
    hasHidden,
  ),
  ...["standup\u2800", "a\ufff9b", "\ufffb", "a\u{1d159}"].map(hasHidden),
  [" standup", /must not begin with a space, U\+0020$/],
  ["a  b", /must not have two spaces, U\+0020, in a row$/],
  ["standup  ", /must not have two spaces, U\+0020, in a row$/],
];

function hasHidden(name: string): [string, RegExp] {
  const [hidden] = /[^a-z]/u.exec(name) ?? [""];
  const hex = hidden.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  return [name, new RegExp(`; it has U\\+${hex}$`)];
}

describe("checkSessionName", () => {
  it.each(["a", "*", "team 7 / Übung 🎥", "a".repeat(MAX_NAME_LENGTH), "הפגישה", "会议 一", "👍🏽"])(
    "gives back %j",
    (name) => {
      expect(checkSessionName(name)).toBe(name);
    },
  );

  it.each([
    ["e\u0301quipe", "\u00e9quipe"],
    ["\u212b", "\u00c5"],
    ["e\u0301".repeat(200), "\u00e9".repeat(200)],
  ])("puts %j into NFC before it measures it", (name, composed) => {
    expect(checkSessionName(name)).toBe(composed);
  });

  it("measures what NFC makes longer", () => {
    expect(checkSessionName("\u0958".repeat(100))).toBe("\u0915\u093c".repeat(100));
    expect(() => checkSessionName("\u0958".repeat(101))).toThrow(refused("name", /; 202 were given$/));
  });

  it.each<[string, RegExp]>([
    ...BAD,
    ["", /^name must not be empty$/],
    [" ", /^name must not begin with a space, U\+0020$/],
    ["standup ", /^name must not end in a space, U\+0020$/],
  ])("refuses %j", (name, rule) => {
    expect(() => checkSessionName(name)).toThrow(refused("name", rule));
  });
});

describe("checkNamePrefix", () => {
  it.each([
    ["", ""],
    ["team ", "team "],
    ["e\u0301", "\u00e9"],
    ["a".repeat(200), "a".repeat(200)],
  ])("gives %j in NFC", (prefix, composed) => {
    expect(checkNamePrefix(prefix, "namePrefix")).toBe(composed);
  });

  it.each<[string, RegExp]>([...BAD, [" ", /^namePrefix must not begin with a space, U\+0020$/]])(
    "refuses %j",
    (prefix, rule) => {
      expect(() => checkNamePrefix(prefix, "namePrefix")).toThrow(refused("namePrefix", rule));
    },
  );
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
