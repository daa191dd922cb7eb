import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { abridge } from "../src/errors.ts";

const LONG = "x".repeat(31);

describe("abridge", () => {
  it.each([
    ["a short message", "Expected Name, found }."],
    ["a message with a short quotation", 'Cannot query field "nothing" on type "Query".'],
  ])("leaves %s", (_, message) => {
    expect(abridge(message)).toBe(message);
  });

  it.each([
    ["a word", `a ${LONG} b`, `a ${LONG.slice(0, 16)}… b`],
    ["a quotation", `a "${LONG}" b`, `a "${LONG.slice(0, 15)}…" b`],
    ["a quotation with spaces", `a "${"x ".repeat(20)}" b`, `a "${"x ".repeat(8).slice(0, 15)}…" b`],
    ["a quotation with a quotation", `a "${'\\"'.repeat(20)}" b`, `a "${'\\"'.repeat(8).slice(0, 15)}…" b`],
    ["a block", `a """${"x ".repeat(20)}""" b`, `a """${"x ".repeat(8).slice(0, 13)}…" b`],
    ["a quotation that does not end", `a "${"x ".repeat(20)}`, `a "${"x ".repeat(8).slice(0, 15)}…`],
  ])("cuts %s", (_, message, abridged) => {
    expect(abridge(message)).toBe(abridged);
  });

  it("leaves no long piece of any text, and keeps the text around it", () => {
    const parts = fc.array(fc.constantFrom('"', "\\", "\n", " ", "a", LONG, '"""', "."), { maxLength: 40 });
    fc.assert(
      fc.property(parts, (texts) => {
        const abridged = abridge(texts.join(""));
        expect(abridged).not.toContain(LONG);
        expect(abridged[0]).toBe(texts.join("")[0]);
      }),
    );
  });

  it.each(['"', "\\", '\\"', "\\\n", '"""', '"a ', '""'])("is soon done with many times %j", (text) => {
    expect(abridge(`"${text.repeat(3_000_000)}`).length).toBeLessThan(5000);
    expect(abridge(`${text.repeat(3_000_000)}\\`).length).toBeLessThan(5000);
  });
});
