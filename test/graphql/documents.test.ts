import fc from "fast-check";
import { type DocumentNode, parse, stripIgnoredCharacters, visit } from "graphql";
import { describe, expect, it } from "vitest";
import { documentStore, withoutComments } from "../../src/graphql/documents.ts";
import { inputs } from "../support/long.ts";

const MARK = "said-in-a-comment";

const ends = fc.constantFrom("\n", "\r\n", "\r");
const comment = fc
  .tuple(
    fc.array(fc.constantFrom("#", '"', '"""', "\\", "'", "{", "中", " ", "x", MARK), { maxLength: 8 }),
    ends,
  )
  .map(([parts, end]) => `#${parts.join("")}${end}`);
const string = fc
  .array(fc.constantFrom("#", "# x", '\\"', "\\\\", "\\n", "\\u0023", "'", "{", "中", "x"), { maxLength: 8 })
  .map((parts) => `"${parts.join("")}"`);
const blockString = fc
  .array(fc.oneof(fc.constantFrom("#", "# x", '\\"""', "\\", ' "', ' ""', "x", "中", "\\n"), ends), {
    maxLength: 10,
  })
  // A quote or a backslash before the end would belong to it.
  .map((parts) => `"""${parts.join("")} """`);
const value = fc.oneof(string, blockString);
const field = fc
  .tuple(fc.constantFrom("a", "b: c", "d { e }"), fc.option(value))
  .map(([name, argument]) =>
    argument === null ? name : name.replace(/^(\w+(?:: \w+)?)/, `$1(x: ${argument})`),
  );
const gap = fc.oneof(fc.constantFrom(" ", ", ", "\t"), ends, comment);
const documents = fc
  .tuple(gap, fc.array(fc.tuple(field, gap), { minLength: 1, maxLength: 8 }), gap)
  .map(([before, fields, after]) => `${before}{ ${fields.map((pair) => pair.join("")).join(" ")} }${after}`);

/** Where each lexical token of a document is, and which. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let token = parse(text).loc?.startToken ?? null; token; token = token.next) {
    if (token.kind !== "Comment")
      tokens.push(`${token.line}:${token.column} ${token.kind} ${token.value ?? ""}`);
  }
  return tokens.slice(0, -1);
}

describe("a document without its comments", () => {
  it("is the same document, with every token on its line and in its column", () => {
    fc.assert(
      fc.property(documents, (text) => {
        const without = withoutComments(text);
        expect(stripIgnoredCharacters(without)).toBe(stripIgnoredCharacters(text));
        expect(tokensOf(without)).toEqual(tokensOf(text));
        for (let token = parse(without).loc?.startToken ?? null; token; token = token.next) {
          expect(token.kind).not.toBe("Comment");
        }
      }),
      { numRuns: inputs(2000) },
    );
  });

  it.each([
    ["{ a # b\n c }", "{ a \n c }"],
    ["{ a # b\r\n c }", "{ a \r\n c }"],
    ["{ a # b\r c }", "{ a \r c }"],
    ["{ a } # b", "{ a } "],
    ['{ a(x: "#") # "\n }', '{ a(x: "#") \n }'],
    ['{ a(x: "\\"#") # b\n }', '{ a(x: "\\"#") \n }'],
    ['{ a(x: "\\\\") # b\n }', '{ a(x: "\\\\") \n }'],
    ['{ a(x: "") # b\n }', '{ a(x: "") \n }'],
    ['{ a(x: """ # \\""" # """) # b\n }', '{ a(x: """ # \\""" # """) \n }'],
    ['{ a(x: """"#""") # b\n }', '{ a(x: """"#""") \n }'],
    // None of these is a valid document; a comment after a string that breaks off is one all the same.
    ['{ a(x: "b\n # c\n }', '{ a(x: "b\n \n }'],
    ['{ a(x: """ # b', '{ a(x: """ # b'],
  ])("of %j is %j", (text, without) => {
    expect(withoutComments(text)).toBe(without);
  });

  it.each([
    '"""',
    '\\"""',
    '"\\',
    '"#',
    '#"',
    '"" #',
    '"""#\\',
    '#\n"""',
    "\\",
    '""',
    '" ',
    '"\\"',
    '"""\\"""',
  ])("is found in linear time in a text of %j", (piece) => {
    const fastest = (length: number) => {
      const texts = [piece, `#${piece}`].map((each) => each.repeat(Math.ceil(length / each.length)));
      texts.push(`#\n"""${texts[0]}`, `#\n"${texts[0]}`);
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 10; i++) {
        const begin = process.cpuUsage();
        for (const text of texts) withoutComments(text);
        const { user, system } = process.cpuUsage(begin);
        best = Math.min(best, user + system);
      }
      return best;
    };
    // In linear time it is 16 times as much, and in quadratic time 256 times. Clocks say little below a millisecond.
    const sixteenth = fastest(8 * 1024);
    expect(fastest(128 * 1024)).toBeLessThan(64 * Math.max(sixteenth, 1000));
  });
});

describe("the store of documents", () => {
  const kept = async (store: ReturnType<typeof documentStore>, keys: readonly string[]) => {
    const found = await Promise.all(keys.map((key) => store.get(key)));
    return found.filter((document) => document !== undefined).length;
  };

  it("keeps what it is given, without positions and without comments", async () => {
    await fc.assert(
      fc.asyncProperty(documents, async (text) => {
        const store = documentStore();
        await store.set("key", parse(text));
        const document = (await store.get("key")) as DocumentNode;
        expect(document).toEqual(parse(stripIgnoredCharacters(text), { noLocation: true }));
        visit(document, {
          enter(node) {
            expect(node).not.toHaveProperty("loc");
          },
        });
        expect(JSON.stringify(document)).not.toContain(MARK);
      }),
      { numRuns: inputs(300) },
    );
  });

  it("deletes what it is told to", async () => {
    const store = documentStore();
    await store.set("key", parse("{ a }"));
    await store.delete("key");
    expect(await store.get("key")).toBeUndefined();
  });

  it("keeps 8 MB of small documents, the latest", async () => {
    const store = documentStore();
    // 6 characters, and 140 bytes for each.
    const most = Math.floor((8 * 1024 * 1024) / (6 * 140));
    const keys = Array.from({ length: most + 100 }, (_, i) => `key${i}`);
    const document = parse("{ abcd }");
    for (const key of keys) await store.set(key, document);
    expect(await kept(store, keys)).toBe(most);
    expect(await kept(store, keys.slice(0, 100))).toBe(0);
  });

  it("keeps few large documents, and nothing of one that is larger than all its room", async () => {
    const store = documentStore();
    const large = parse(`{ a(x: "${"x".repeat(20_000)}") }`);
    for (const key of ["a", "b", "c"]) await store.set(key, large);
    expect(await kept(store, ["a", "b", "c"])).toBe(2);
    expect(await store.get("a")).toBeUndefined();
    await store.set("d", parse(`{ a(x: "${"x".repeat(64 * 1024)}") }`));
    expect(await store.get("d")).toBeUndefined();
  });
});
