import { describe, expect, it } from "vitest";
import { parseEnvFile } from "../../src/config/env-file.ts";

const parse = (text: string) => parseEnvFile(Buffer.from(text));

describe("a .env file", () => {
  it.each<[string, string, Record<string, string>]>([
    ["blank lines and comments", "\n  # A=1\n\nB=2\n", { B: "2" }],
    ["export", "export A=1\n  export B=2", { A: "1", B: "2" }],
    ["white space around names and values", "A = 1 \n B=2\n", { A: "1", B: "2" }],
    ["lines of Windows", "A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["a byte order mark", "\ufeffA=1\n", { A: "1" }],
    ["empty values", "A=\nB= # nothing\nC=1\n", { A: "", B: "", C: "1" }],
    ["comments behind values", "A=1 # one\nB='2' # two\n", { A: "1", B: "2" }],
    ["quotes of each kind", "A=\"1 # 2\"\nB='#'\nC=`\"'`\n", { A: "1 # 2", B: "#", C: "\"'" }],
    ["values of several lines", 'A="1\n2\n"\nB=3\n', { A: "1\n2\n", B: "3" }],
    ["line breaks written as \\n", 'A="1\\n2"\nB=1\\n2\n', { A: "1\n2", B: "1\\n2" }],
    ["an = in a value", "A=b=c==\n", { A: "b=c==" }],
    ["no newline at its end", "A=1", { A: "1" }],
    ["nothing", "", {}],
  ])("may have %s", (_, text, values) => {
    expect(parse(text)).toEqual({ values, problems: [] });
  });

  it.each<[string, string, string]>([
    ["a line of YAML", "A=1\nB: 2\n", "line 2: must be NAME=value, with = instead of :"],
    ["a line of YAML in JSON", '{"A": "1"}\n', "line 1: must be NAME=value or a # comment"],
    ["a name alone", "A\n", "line 1: must be NAME=value or a # comment"],
    ["a name with a dash", "A-B=1\n", "line 1: must be NAME=value or a # comment"],
    ["a name with white space", "set A=1\n", "line 1: must be NAME=value or a # comment"],
    [
      "an unquoted #",
      "A=1\nB=canary#canary\n",
      "line 2: has a # in the value of B, which starts a comment; put the value in quotes",
    ],
    ["a quote that is not closed", '\n\nA="canary\nB=1\n', 'line 3: has no " at the end of the value of A'],
    ["text behind a quote", "A='canary'canary\n", "line 1: has text after the closing ' of A"],
    ["a quote within quotes", 'A="can"ary"\n', 'line 1: has text after the closing " of A'],
    ["a variable twice", 'A="1\n2"\nB=3\nA=canary\n', "line 4: sets A again, after line 1"],
    ["a no-break space before a name", "\u00a0A=canary\n", "line 1: must be NAME=value or a # comment"],
    ["what a merge left", "A=1\n<<<<<<< HEAD\n", "line 2: must be NAME=value or a # comment"],
  ])("must not have %s; the line is named, and not shown", (_, text, problem) => {
    const { problems } = parse(text);
    expect(problems).toEqual([`.env: ${problem}`]);
  });

  it("has every problem told, and the lines without one read", () => {
    expect(parse("A: 1\nB=2\nC\nD=4\n")).toEqual({
      values: { B: "2", D: "4" },
      problems: [
        ".env: line 1: must be NAME=value, with = instead of :",
        ".env: line 3: must be NAME=value or a # comment",
      ],
    });
  });

  it("is read in UTF-16, as PowerShell's > writes it", () => {
    const utf16 = Buffer.from("\ufeffA=ä\r\nB=2\r\n", "utf16le");
    const values = { A: "ä", B: "2" };
    expect(parseEnvFile(utf16)).toEqual({ values, problems: [] });
    expect(parseEnvFile(Buffer.from(utf16).swap16())).toEqual({ values, problems: [] });
  });

  it.each([
    ["UTF-16 without a byte order mark", Buffer.from("A=1\n", "utf16le")],
    ["Latin-1", Buffer.from("A=ä\n", "latin1")],
  ])("must not be in %s", (_, bytes) => {
    expect(parseEnvFile(bytes)).toEqual({
      values: {},
      problems: [".env: is not text in UTF-8; save it as UTF-8"],
    });
  });
});
