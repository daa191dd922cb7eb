import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeSessionId, ownerLength, ownerOf, parseSessionId } from "../../src/domain/session-id.ts";

const encode = (text: string, prefix = "1_") => prefix + Buffer.from(text).toString("base64url");

/** IDs that the platform made, from public code, from 2013 to 2025. */
const REAL_IDS = [
  "1_MX4xMjM0NTZ-flNhdCBNYXIgMTUgMTQ6NDI6MjMgUERUIDIwMTR-MC40OTAxMzAyNX4",
  "1_MX4xMjM0NTZ-fk1vbiBNYXIgMTcgMDA6NDE6MzEgUERUIDIwMTR-MC42ODM3ODk1MzQ0OTQyODA4fg",
  "2_MX4xMDB-flR1ZSBOb3YgMTkgMTE6MDk6NTggUFNUIDIwMTN-MC4zNzQxNzIxNX4",
  "1_MX4xMDB-MTI3LjAuMC4xflR1ZSBKYW4gMjggMTU6NDg6NDAgUFNUIDIwMTR-MC43NjAyOTYyfg",
  "1_MX4xMDB-MTI3LjAuMC4xflRodSBKdW4gMTIgMTE6NDU6MDYgUERUIDIwMTR-MC43OTIwMzk2flB-",
  "2_MX40NDcwOTUxMn5-U3VuIEFwciAyMCAxNDoyMDoyNyBQRFQgMjAxNH4wLjEzNjM0OTI2flB-",
  "2_MX40NDk1MDgzMn5-VHVlIEF1ZyAxOSAxNDoxOTo1NiBQRFQgMjAxNH4wLjAzOTk5OTU0NX5-",
  "2_MX40NTAzODIyMn5-MTQxMzg0NDA1MzI1MX5SaVFmTnRZaFBTa2NJNUZFazRWL0RIdUZ-fg",
  "1_MX40NTExOTk3Mn5-MTQyMDI3NzYxMzI1NH5zek80L1owVkRadGVRMS9peUZQR2dKa0l-UH4",
  "1_MX4xMDB-fjE0Njg1MzIxODE2OTd-d09VbVZ0dThPRFo2d2oxUDYrc3daekFCfn4",
  "1_MX40NjI1NjE0Mn5-MTY1NTE0NTY4MzcyMX5YNnQxSFdLVFFPUmhMTjRBWnJQbzFQQXV-QX4",
  "1_MX40NjM4Njg5Mn5-MTY2OTg1Nzk4MDcwNX5QRERLa0NZWEpCZjlhZlRXeElXajVWbWl-fg",
  "2_MX40NzYyNTU3MX5-MTY3MDc1NjQwMTE4MX5meG9pYlZpREpVVkxiZS9qWEdqM2d6aWx-fn4",
  "2_MX40NzQxMTEyMX5-MTY3OTQ2NTk5OTE3Mn5nd2VWUWt5ZGpoeHRTTGdudExyM1ZUZEp-QX5-",
  "2_MX40NjQ2OTAxMn5-MTcwNjUzNDM2OTExN35uS0FpZ2xQN2NTQjRSS2xqalUxZnhtUk1-fn4",
  encode("1~47665971~~1739538894959~Q9mcXG1QrN3TIYu8y+ppx/gs~P~~", "2_"),
  encode("1~29f760f8-7ce1-46c9-ade3-f2dedee4ed5f~~1726462588647~11xLa1bbhzPeGQGmXsmgxI0k~~~"),
];

describe("parseSessionId", () => {
  it("reads an ID of 2014, whose time is a date", () => {
    expect(parseSessionId("1_MX4xMjM0NTZ-flNhdCBNYXIgMTUgMTQ6NDI6MjMgUERUIDIwMTR-MC40OTAxMzAyNX4")).toEqual({
      owner: "123456",
      location: null,
      createdAt: new Date("2014-03-15T21:42:23Z"),
    });
  });

  it.each(REAL_IDS)("knows the owner of %s, and refuses every beginning of it", (sessionId) => {
    const [, owner] = Buffer.from(sessionId.slice(2), "base64url").toString().split("~");
    expect(parseSessionId(sessionId)?.owner).toBe(owner);
    expect(ownerOf(sessionId)).toBe(owner);
    for (let end = 0; end < sessionId.length; end++) expect(ownerOf(sessionId.slice(0, end))).toBeNull();
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

  it("says null rather than guess a location", () => {
    expect(parseSessionId(encode("1~123456~127.1~1739538894959~r~P~~"))).toMatchObject({ location: null });
  });

  it.each([
    ["nothing", ""],
    ["no field", "1_"],
    ["no prefix", encode("1~123456~~1395000000000~r~", "")],
    ["another prefix", encode("1~123456~~1395000000000~r~", "3_")],
    ["a trailing newline", `${encode("1~123456~~1395000000000~r~")}\n`],
    ["a trailing parameter", `${encode("1~123456~~1395000000000~r~")}&role=moderator`],
    ["white space around it", ` ${encode("1~123456~~1395000000000~r~")} `],
    ["padding", `${encode("1~123456~~1395000000000~r~")}=`],
    ["standard base64", "1_MX4xMjM0NTZ+fjEzOTUwMDAwMDAwMDB+cn4"],
    ["another version", encode("2~123456~~1395000000000~r~")],
    ["no owner", encode("1~~~1395000000000~r~")],
    ["no random part", encode("1~123456~~1395000000000~~")],
    ["a last field that is not empty", encode("1~123456~~1739538894959~r~P~~P")],
    [
      "text that is not UTF-8",
      `1_${Buffer.from("1~123456~~1395000000000~\xff~", "latin1").toString("base64url")}`,
    ],
    ["no time", encode("1~123456~~~r~P~~")],
    ["a time in seconds", encode("1~123456~~1739538894~r~P~~")],
    ["a time that no calendar has", encode("1~123456~~Sat Mar 99 14:42:23 PDT 2014~r~P~~")],
    ["a time in a zone that is not known", encode("1~123456~~Sat Mar 15 14:42:23 XYZ 2014~r~P~~")],
    ["no fields", encode("hello")],
  ])("refuses %s", (_, sessionId) => {
    expect(parseSessionId(sessionId)).toBeNull();
    expect(ownerOf(sessionId)).toBeNull();
  });

  it("accepts 255 characters, and no more", () => {
    // 189 bytes are 252 characters of base64url, 190 are 254.
    const ofBytes = (count: number) => encode(`1~123456~~1739538894959~${"r".repeat(count - 28)}~P~~`);
    expect(ofBytes(189)).toHaveLength(254);
    expect(ownerOf(ofBytes(189))).toBe("123456");
    expect(ofBytes(190)).toHaveLength(256);
    expect(ownerOf(ofBytes(190))).toBeNull();
  });

  // Each bound of the three formats, on both sides.
  it.each([
    ["Sun Apr 20 14:20:26 PDT 2014", 6],
    ["Sun Apr 20 14:20:27 PDT 2014", 7],
    ["1670756401180", 7],
    ["1670756401181", 8],
  ])("wants of an ID of %s at least %d fields", (time, least) => {
    const withFields = (count: number) => encode(`1~123456~~${time}~r${"~".repeat(count - 5)}`);
    expect(ownerOf(withFields(least - 1))).toBeNull();
    for (const count of [least, least + 1, least + 2]) expect(ownerOf(withFields(count))).toBe("123456");
  });

  it("refuses another last character that stands for the same bytes", () => {
    const id = encode("1~123456~~1395000000000~r~");
    expect(id.endsWith("4")).toBe(true);
    for (const last of "567") {
      const other = id.slice(0, -1) + last;
      expect(Buffer.from(other.slice(2), "base64url")).toEqual(Buffer.from(id.slice(2), "base64url"));
      expect(ownerOf(other)).toBeNull();
    }
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

/** Text without `~`, such as owners and locations are in no known ID, too. */
const field = (constraints: fc.StringConstraints) =>
  fc.string({ unit: "binary", ...constraints }).filter((text) => text.isWellFormed() && !text.includes("~"));

/** A time and the number of fields of its format. */
const formats = fc.oneof(
  fc
    .integer({ min: Date.parse("2010-01-01"), max: Date.parse("2014-03-17") })
    .map((time) => [time, 6] as const),
  fc.integer({ min: 1_398_028_827_000, max: 1_669_857_980_705 }).map((time) => [time, 7] as const),
  fc.integer({ min: 1_670_756_401_181, max: Date.parse("2200-01-01") }).map((time) => [time, 8] as const),
);

it("refuses every beginning of an ID of any format, of any owner and location", () => {
  const ids = fc
    .tuple(
      field({ minLength: 1, maxLength: 36 }),
      field({ maxLength: 15 }),
      formats,
      field({ minLength: 1, maxLength: 24 }),
    )
    .map(([owner, location, [time, count], random]) => {
      const fields = ["1", owner, location, time, random, "P", "", ""];
      return { owner, id: encode([...fields.slice(0, count - 1), ""].join("~")) };
    })
    .filter(({ id }) => id.length <= 255);
  fc.assert(
    fc.property(ids, fc.nat(), ({ owner, id }, at) => {
      expect(ownerOf(id)).toBe(owner);
      expect(ownerOf(id.slice(0, at % id.length))).toBeNull();
      expect(ownerOf(id.slice(0, -1))).toBeNull();
      expect(ownerOf(`${id}A`)).toBeNull();
    }),
  );
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

it("tells by the first characters of an ID whether a project owns it, and by no fewer", () => {
  const project = fc.stringMatching(/^\d{1,9}$|^[\da-f]{8}-[\da-f]{4}$/);
  const idOf = (owner: string, random: string) =>
    composeSessionId({ owner, location: null, createdAt: new Date(1_795_500_000_000), random });
  fc.assert(
    fc.property(project, project, (own, other) => {
      const beginning = idOf(own, "a").slice(0, ownerLength(own));
      expect(idOf(own, "b").startsWith(beginning)).toBe(true);
      if (other !== own) expect(idOf(other, "a").startsWith(beginning)).toBe(false);
    }),
  );
  expect(idOf("12", "a").slice(0, ownerLength("12") - 2)).toBe(
    idOf("123", "a").slice(0, ownerLength("12") - 2),
  );
});
