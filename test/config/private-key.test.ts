import { createPrivateKey, createPublicKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { inputs } from "../support/long.ts";
import { problems } from "../support/problems.ts";
import { fileOf } from "../support/temporary-folder.ts";
import { PRIVATE_KEYS } from "./wrong/private-keys.ts";

const key = createPrivateKey(PRIVATE_KEY);
const pkcs1 = key.export({ type: "pkcs1", format: "pem" }).toString();
const publicKey = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
const body = PRIVATE_KEY.split("\n").slice(1, -2).join("\n");
const base64 = (text: string) => Buffer.from(text).toString("base64");
const lines = (text: string, indent: string) => text.replace(/^(?=.)/gm, indent);

const env = (VONAGE_PRIVATE_KEY: string) => ({ VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY });

/** What a paste makes of a key, and what is said of it; nothing where the form is one of those that are documented. */
const PASTES: readonly (readonly [string, string, string | null])[] = [
  ["as it is", PRIVATE_KEY, null],
  ["PKCS#1", pkcs1, null],
  ["\\n", PRIVATE_KEY.replaceAll("\n", "\\n"), null],
  ["CRLF", PRIVATE_KEY.replaceAll("\n", "\r\n"), null],
  ["CR", PRIVATE_KEY.replaceAll("\n", "\r"), null],
  ["no line break at the end", PRIVATE_KEY.trim(), null],
  [
    "one long line",
    `-----BEGIN PRIVATE KEY-----\n${body.replaceAll("\n", "")}\n-----END PRIVATE KEY-----`,
    null,
  ],
  ["\\r\\n", PRIVATE_KEY.replaceAll("\n", "\\r\\n"), "its line breaks were written as more than \\n"],
  ["\\\\n", PRIVATE_KEY.replaceAll("\n", "\\\\n"), "its line breaks were written as more than \\n"],
  ["spaces", PRIVATE_KEY.replaceAll("\n", " "), "its line breaks had turned into spaces"],
  ["no line breaks", PRIVATE_KEY.replaceAll("\n", ""), "its line breaks were lost"],
  ["no white space", PRIVATE_KEY.replaceAll(/\s/g, ""), "its line breaks were lost"],
  ["line breaks for spaces", PRIVATE_KEY.replaceAll(" ", "\n"), null],
  ["quotes", `"${PRIVATE_KEY}"`, "it was in quotes"],
  ["single quotes and \\n", `'${PRIVATE_KEY.replaceAll("\n", "\\n")}'`, "it was in quotes"],
  ["an indent", lines(PRIVATE_KEY, "    "), "its lines contained white space"],
  ["tabs", lines(PRIVATE_KEY, "\t"), "its lines contained white space"],
  [
    "white space at the ends of lines",
    PRIVATE_KEY.replaceAll("\n", "  \n"),
    "its lines contained white space",
  ],
  ["a byte order mark", `\ufeff${PRIVATE_KEY}`, "it began with a byte order mark"],
  ["backslashes", PRIVATE_KEY.replaceAll("\n", "\\\n"), "its lines ended in backslashes"],
  ["long dashes", PRIVATE_KEY.replaceAll("-----", "—–"), "its dashes were not hyphens"],
  ["the name of the variable", `VONAGE_PRIVATE_KEY=${PRIVATE_KEY}`, "other text was before it"],
  [
    "the answer that had it",
    JSON.stringify({ id: "x", keys: { private_key: PRIVATE_KEY } }),
    "other text was before it",
  ],
  ["the public key beside it", PRIVATE_KEY + publicKey, null],
  ["base64", base64(PRIVATE_KEY), "it was the base64 of a PEM text"],
  ["base64 in lines", base64(pkcs1).replaceAll(/.{76}/g, "$&\n"), "it was the base64 of a PEM text"],
  ["base64url", Buffer.from(PRIVATE_KEY).toString("base64url"), "it was the base64 of a PEM text"],
  ["its body", body, "it had neither a first nor a last line"],
  ["its body on one line", body.replaceAll("\n", ""), "it had neither a first nor a last line"],
];

describe("a private key is what was pasted", () => {
  it.each(PASTES)("with %s, as a value and in a file", (_, given, repair) => {
    for (const value of [given, fileOf(given)]) {
      const { platform, notes } = parseConfig(env(value));
      expect(platform.keyRing?.signingKey.equals(key)).toBe(true);
      expect(notes).toEqual(
        repair === null ? [] : [`VONAGE_PRIVATE_KEY: was repaired: ${repair}; set it as downloaded`],
      );
    }
  });

  it("says all that was mended, in one line", () => {
    const { platform, notes } = parseConfig(env(base64(`"${PRIVATE_KEY.replaceAll("\n", " ")}"`)));
    expect(platform.keyRing?.signingKey.equals(key)).toBe(true);
    expect(notes).toEqual([
      "VONAGE_PRIVATE_KEY: was repaired: it was the base64 of a PEM text and it was in quotes and its line breaks had turned into spaces; set it as downloaded",
    ]);
  });

  it("in DER, in a file", () => {
    const { platform, notes } = parseConfig(env(fileOf(key.export({ type: "pkcs8", format: "der" }))));
    expect(platform.keyRing?.signingKey.equals(key)).toBe(true);
    expect(notes).toEqual(["VONAGE_PRIVATE_KEY: was repaired: it was DER, not PEM; set it as downloaded"]);
  });

  it("or is refused with what is wrong: no text in UTF-8", () => {
    const path = fileOf(Buffer.from(`\ufeff${PRIVATE_KEY}`, "utf16le"));
    expect(problems(env(path)).join()).toMatch(/ is not UTF-8 text; save the key as PEM text in UTF-8$/);
  });

  it("or is refused, in a file as in a value", () => {
    for (const {
      env: { VONAGE_PRIVATE_KEY = "" },
    } of PRIVATE_KEYS) {
      if (!VONAGE_PRIVATE_KEY.includes("-----BEGIN")) continue;
      const path = fileOf(VONAGE_PRIVATE_KEY);
      const [said = ""] = problems(env(VONAGE_PRIVATE_KEY));
      const expected = said.replace(/^VONAGE_PRIVATE_KEY: /, `VONAGE_PRIVATE_KEY: the file ${path} `);
      expect(problems(env(path))).toEqual(said === "" ? [] : [expected]);
    }
  });
});

/** What befalls a text on its way: each changes it at a place, or everywhere. */
const MANGLES: readonly ((text: string, at: number, other: string) => string)[] = [
  (text, at) => text.slice(0, at) + text.slice(at + 1),
  (text, at, other) => text.slice(0, at) + other + text.slice(at),
  (text, at, other) => text.slice(0, at) + other + text.slice(at + 1),
  (text, at) => text.slice(at),
  (text, at) => text.slice(0, at),
  (text, at) => text.slice(at) + text.slice(0, at),
  (text) => text.replaceAll("\n", " "),
  (text) => text.replaceAll("\n", ""),
  (text) => text.replaceAll("\n", "\\n"),
  (text) => text.replaceAll("\n", "\\\\r\\\\n"),
  (text) => `"${text}"`,
  (text) => lines(text, "  "),
  (text) => base64(text),
  (text) => text.toUpperCase(),
  (text) => text + text,
  (text) => encodeURIComponent(text),
  (text) => JSON.stringify(text),
  (text) => text.replaceAll("-----", ""),
];

it("a key that is mangled in any way is itself, or has a problem that says nothing of it", {
  timeout: 120_000,
}, () => {
  const mangle = fc.record({
    mangle: fc.constantFrom(...MANGLES),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    other: fc.string({ minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.constantFrom(PRIVATE_KEY, pkcs1), fc.array(mangle, { maxLength: 4 }), (text, mangles) => {
      const given = mangles.reduce(
        (text, { mangle, at, other }) => mangle(text, Math.floor(at * text.length), other),
        text,
      );
      if (given === "") return;
      const found = problems(env(given));
      if (found.length === 0) {
        expect(parseConfig(env(given)).platform.keyRing?.signingKey.equals(key)).toBe(true);
      } else {
        expect(found).toEqual([expect.stringMatching(/^VONAGE_PRIVATE_KEY: [^\n]{10,200}$/)]);
        expect(found[0]).not.toMatch(/ENAMETOOLONG|[A-Za-z0-9+=]{24}/);
      }
    }),
    { numRuns: inputs(10_000) },
  );
});
