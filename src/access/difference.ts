import { quote } from "../errors.ts";
import { typeOf } from "./json.ts";

/** How much of a mismatched claim a message shows, in characters. */
const SHOWN = 120;
/** The most list entries that are compared. */
const MAX_COMPARED = 20;

/**
 * How a claim differs from the accepted values, for the operator's log.
 *
 * @param claim its name
 * @param given the untrusted value in the token
 * @param variable the environment variable with the accepted values
 */
export function differenceOf(
  claim: string,
  given: unknown,
  variable: string,
  expected: readonly string[],
): string {
  const must = `${variable} is ${expected.join(",")}`;
  if (given === undefined) return `it has no ${claim}; ${must}`;
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const texts = list.filter((item) => typeof item === "string").slice(0, MAX_COMPARED);
  if (texts.length === 0) return `its ${claim} is ${typeOf(given)}; ${must}`;
  for (const [kind, form] of KINDS) {
    const found = texts.find((text) => expected.some((value) => form(value) === form(text)));
    if (found !== undefined) return `its ${claim} ${quote(found, SHOWN)} differs only ${kind}; ${must}`;
  }
  const shown = texts.map((text) => quote(text, SHOWN)).join(", ");
  return `its ${claim} is ${shown.length > SHOWN * 2 ? `${shown.slice(0, SHOWN * 2)}…` : shown}; ${must}`;
}

/** Linear in the length: an attacker can send an `iss` of thousands of slashes. */
const withoutSlash = (text: string) => text.replace(/(?<!\/)\/+$/, "");
const withoutScheme = (text: string) => withoutSlash(text).replace(/^https?:\/\//i, "");
const hostOf = (text: string) => (URL.canParse(text) && new URL(text).host) || text;

/** The kinds of difference, smallest first, each with a function that removes it. */
const KINDS: readonly (readonly [string, (text: string) => string])[] = [
  ["by the trailing slash", withoutSlash],
  ["by white space", (text) => text.trim()],
  ["in letter case", (text) => text.toLowerCase()],
  ["in the scheme", withoutScheme],
  ["in letter case and by the trailing slash", (text) => withoutScheme(text).toLowerCase()],
  ["after the host", hostOf],
];
