import { expect, it } from "vitest";
import { cell, tableOf } from "../../src/cli/table.ts";

it("a table has a line for the names of its fields, and one for each row", () => {
  const rows = [
    { name: "standup", createdAt: new Date(0), note: "" },
    { name: "a\nb\u001b[2J\u202e\u2028", createdAt: null, note: "x" },
  ];
  expect(tableOf(rows).split("\n")).toEqual([
    "name                              createdAt                 note",
    "standup                           1970-01-01T00:00:00.000Z  -",
    "a\\u{a}b\\u{1b}[2J\\u{202e}\\u{2028}  -                         x",
  ]);
});

it("a cell has what people can read as it is", () => {
  expect(cell("Übung 🙂 'quoted'")).toBe("Übung 🙂 'quoted'");
});
