import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALL_SESSIONS,
  isNameSelected,
  isSelected,
  NO_SESSIONS,
  normalized,
  type SessionSelection,
  selectsByName,
} from "../../src/domain/session-selection.ts";

const byId: SessionSelection = { ...NO_SESSIONS, ids: new Set(["1_a"]) };
const byName: SessionSelection = { ...NO_SESSIONS, names: new Set(["lobby"]) };
const byPrefix: SessionSelection = { ...NO_SESSIONS, namePrefixes: ["hall-", "room-"] };
const named: SessionSelection = { ...NO_SESSIONS, namePrefixes: [""] };

describe("isSelected", () => {
  it.each<[string, SessionSelection, string, string | null]>([
    ["every session", ALL_SESSIONS, "1_z", null],
    ["the ID", byId, "1_a", null],
    ["the ID, whatever the name", byId, "1_a", "other"],
    ["the name", byName, "1_z", "lobby"],
    ["the beginning of the name", byPrefix, "1_z", "room-7"],
    ["the beginning of the name, and no more of it", byPrefix, "1_z", "room-"],
    ["any name", named, "1_z", "x"],
    ["an empty name", named, "1_z", ""],
  ])("finds a session by %s", (_, selection, sessionId, name) => {
    expect(isSelected(selection, sessionId, name)).toBe(true);
  });

  it.each<[string, SessionSelection, string, string | null]>([
    ["no session is selected", NO_SESSIONS, "1_a", "lobby"],
    ["the ID is another", byId, "1_b", null],
    ["the ID only begins so", byId, "1_ab", null],
    ["the ID is another's name", byId, "1_b", "1_a"],
    ["it has no name", byName, "1_a", null],
    ["the name is another", byName, "1_a", "lobby2"],
    ["the name is in another case", byName, "1_a", "Lobby"],
    ["the name is an ID", byName, "lobby", null],
    ["the name is shorter", byPrefix, "1_a", "room"],
    ["the name has it in the middle", byPrefix, "1_a", "my room-7"],
    ["it has no name, though any would do", named, "1_a", null],
  ])("does not find a session when %s", (_, selection, sessionId, name) => {
    expect(isSelected(selection, sessionId, name)).toBe(false);
  });
});

describe("isNameSelected", () => {
  it.each<[SessionSelection, string]>([
    [ALL_SESSIONS, "any"],
    [byName, "lobby"],
    [byPrefix, "room-7"],
    [byPrefix, "hall-"],
    [named, "any"],
  ])("finds a name in %j: %s", (selection, name) => {
    expect(isNameSelected(selection, name)).toBe(true);
  });

  it.each<[SessionSelection, string]>([
    [NO_SESSIONS, "any"],
    [byId, "1_a"],
    [byName, "lobby2"],
    [byPrefix, "room"],
  ])("does not find a name in %j: %s", (selection, name) => {
    expect(isNameSelected(selection, name)).toBe(false);
  });
});

describe("selectsByName", () => {
  it.each([
    ["a name", byName],
    ["the beginning of a name", byPrefix],
    ["any name", named],
  ])("is so for %s", (_, selection) => {
    expect(selectsByName(selection)).toBe(true);
  });

  it.each([
    ["no session", NO_SESSIONS],
    ["every session", ALL_SESSIONS],
    ["an ID", byId],
  ])("is not so for %s", (_, selection) => {
    expect(selectsByName(selection)).toBe(false);
  });
});

describe("normalized", () => {
  const some = (...texts: string[]) => fc.uniqueArray(fc.constantFrom(...texts));
  const selections = fc.record<SessionSelection>({
    all: fc.boolean(),
    ids: some("1_a", "1_b").map((ids) => new Set(ids)),
    names: some("lobby", "room", "room-1", "room-1a", "é", "🎥-1").map((names) => new Set(names)),
    namePrefixes: fc.array(fc.constantFrom("", "l", "room", "room-", "room-1", "roo", "é", "🎥", "\uffff")),
  });
  const NAMES = [
    "lobby",
    "l",
    "room",
    "room-1",
    "room-1a",
    "room-2",
    "ro",
    "é",
    "🎥",
    "🎥-1",
    "\uffffx",
    null,
  ];

  it("selects the same sessions", () => {
    fc.assert(
      fc.property(
        selections,
        fc.constantFrom("1_a", "1_z"),
        fc.constantFrom(...NAMES),
        (selection, id, name) => {
          expect(isSelected(normalized(selection), id, name)).toBe(isSelected(selection, id, name));
        },
      ),
    );
  });

  it("selects each name once at most", () => {
    fc.assert(
      fc.property(selections, (selection) => {
        const { names, namePrefixes } = normalized(selection);
        for (const text of [...names, ...namePrefixes]) {
          expect(namePrefixes.filter((prefix) => text.startsWith(prefix) && text !== prefix)).toEqual([]);
        }
        expect(new Set(namePrefixes).size).toBe(namePrefixes.length);
        expect(namePrefixes.filter((prefix) => names.has(prefix))).toEqual([]);
      }),
    );
  });

  it("leaves nothing beside every session", () => {
    const { ids, namePrefixes } = byPrefix;
    expect(normalized({ all: true, ids, names: new Set(["lobby"]), namePrefixes })).toEqual(ALL_SESSIONS);
  });
});
