import { quote } from "../errors.ts";
import { typeOf } from "./json.ts";

/** How much is shown of a claim that does not fit, in characters. */
const SHOWN = 120;
/** How many entries of a list are compared. */
const MAX_COMPARED = 20;

/**
 * How a claim differs from the accepted values, for the operator's log.
 *
 * @param claim its name
 * @param given what the token has, which is a stranger's
 * @param variable the environment variable that has the values
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

/** Looks at each slash once: an `iss` has thousands of them where a stranger likes. */
const withoutSlash = (text: string) => text.replace(/(?<!\/)\/+$/, "");
const withoutScheme = (text: string) => withoutSlash(text).replace(/^https?:\/\//i, "");
const hostOf = (text: string) => (URL.canParse(text) && new URL(text).host) || text;

/** What texts may differ by, the least first, each with what takes it away. */
const KINDS: readonly (readonly [string, (text: string) => string])[] = [
  ["by the slash at the end", withoutSlash],
  ["by white space", (text) => text.trim()],
  ["in upper and lower case", (text) => text.toLowerCase()],
  ["in its scheme", withoutScheme],
  ["in upper and lower case, and by the slash at the end", (text) => withoutScheme(text).toLowerCase()],
  ["in what follows the host", hostOf],
];
