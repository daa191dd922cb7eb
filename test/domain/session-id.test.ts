import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeSessionId, ownerOf, parseSessionId } from "../../src/domain/session-id.ts";

const encode = (text: string, prefix = "1_") => prefix + Buffer.from(text).toString("base64url");

describe("parseSessionId", () => {
  it("reads an ID of 2014, whose time is a date", () => {
    expect(parseSessionId("1_MX4xMjM0NTZ-flNhdCBNYXIgMTUgMTQ6NDI6MjMgUERUIDIwMTR-MC40OTAxMzAyNX4")).toEqual({
      owner: "123456",
      location: null,
      createdAt: new Date("2014-03-15T21:42:23Z"),
    });
  });

  it("reads a current ID", () => {
    expect(parseSessionId(encode("1~47665971~~1739538894959~Q9mcXG1QrN3TIYu8y+ppx/gs~P~~", "2_"))).toEqual({
      owner: "47665971",
      location: null,
      createdAt: new Date(1739538894959),
    });
  });

  it("reads a Vonage ID", () => {
    const owner = "29f760f8-7ce1-46c9-ade3-f2dedee4ed5f";
    expect(parseSessionId(encode(`1~${owner}~~1726462588647~11xLa1bbhzPeGQGmXsmgxI0k~~~`))).toMatchObject({
      owner,
    });
  });

  it.each([
    ["a location that is no IPv4 address", "1~123456~127.1~1739538894959~r~", { location: null }],
    ["a time in seconds", "1~123456~~1739538894~r~", { createdAt: null }],
    ["a time that no calendar has", "1~123456~~Sat Mar 99 14:42:23 PDT 2014~r~", { createdAt: null }],
    ["a time in a zone that is not known", "1~123456~~Sat Mar 15 14:42:23 XYZ 2014~r~", { createdAt: null }],
    ["no fields but the owner", "1~123456", { owner: "123456", location: null, createdAt: null }],
  ])("says null rather than guess: %s", (_, text, expected) => {
    expect(parseSessionId(encode(text))).toMatchObject(expected);
  });

  it.each([
    ["nothing", ""],
    ["no prefix", encode("1~123456~~1~r~", "")],
    ["another prefix", encode("1~123456~~1~r~", "3_")],
    ["a trailing newline", `${encode("1~123456~~1~r~")}\n`],
    ["a trailing parameter", `${encode("1~123456~~1~r~")}&role=moderator`],
    ["white space around it", ` ${encode("1~123456~~1~r~")} `],
    ["padding", `${encode("1~123456~~1~r~")}=`],
    ["standard base64", "1_MX4xMjM0NTZ+fg/"],
    ["no owner", encode("1~~~1739538894959~r~")],
    ["no fields", encode("hello")],
    ["256 characters", encode("1~123456~~1~r~").padEnd(256, "A")],
  ])("refuses %s", (_, sessionId) => {
    expect(parseSessionId(sessionId)).toBeNull();
  });

  it("accepts 255 characters", () => {
    expect(parseSessionId(encode("1~123456~~1~r~").padEnd(255, "A"))).toMatchObject({ owner: "123456" });
  });

  it("never throws, and finds no owner but the whole second field", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const owner = parseSessionId(value)?.owner;
        expect(owner === undefined || !owner.includes("~")).toBe(true);
      }),
    );
  });
});

it("composes what it parses, for every project, location and instant", () => {
  const fields = fc.record({
    owner: fc.stringMatching(/^\d{5,20}$/),
    location: fc.option(fc.ipV4()),
    createdAt: fc.date({ min: new Date("2010-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }),
    random: fc.base64String({ minLength: 24, maxLength: 24 }),
  });
  fc.assert(
    fc.property(fields, ({ random, ...known }) => {
      expect(parseSessionId(composeSessionId({ ...known, random }))).toEqual(known);
    }),
  );
});

describe("ownerOf", () => {
  it("is what parseSessionId says of any text", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.array(fc.string()).map((fields) => encode(fields.join("~"))),
      fc.constantFrom("1_", encode("1~"), encode("1~~"), encode("1~owner"), "3_MX5vd25lcn4"),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(ownerOf(text)).toBe(parseSessionId(text)?.owner ?? null);
      }),
    );
  });
});
