import { BadUserInput } from "../errors.ts";
import { checkLine, codePointOf } from "./text.ts";

/** The longest name of a session, in UTF-16 code units of its NFC form. */
export const MAX_NAME_LENGTH = 200;

/**
 * White space other than U+0020, and invisible characters: with either, two different names could look the same. Unicode has no
 * property for the listed code points: blank Braille (U+2800), annotation controls (U+FFF9 to U+FFFB) and a null notehead (U+1D159).
 */
const HIDDEN = /(?! )[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{1d159}]/u;

/**
 * Checks a name and returns it in NFC, the form in which names are stored and compared.
 *
 * @param argument the name of the argument in errors
 * @throws {BadUserInput} naming `argument` and the code point that breaks the rule
 */
export function checkSessionName(name: string, argument = "name"): string {
  const checked = checkWords(name, argument);
  if (checked.endsWith(" ")) throw new BadUserInput(argument, `${argument} must not end in a space, U+0020`);
  return checked;
}

/**
 * Checks a prefix of names and returns it in NFC. It may end in a space or be empty; otherwise the same rules apply.
 *
 * @param argument the name of the argument in errors
 * @throws {BadUserInput} naming `argument` and the code point that breaks the rule
 */
export function checkNamePrefix(prefix: string, argument: string): string {
  return prefix === "" ? "" : checkWords(prefix, argument);
}

function checkWords(text: string, argument: string): string {
  const words = checkLine(argument, text.normalize("NFC"), MAX_NAME_LENGTH);
  const rule = (text: string) => new BadUserInput(argument, `${argument} must not ${text}`);
  const hidden = HIDDEN.exec(words);
  if (hidden) {
    throw rule(
      `have invisible characters, or white space other than U+0020; it has ${codePointOf(hidden[0])}`,
    );
  }
  if (words.startsWith(" ")) throw rule("begin with a space, U+0020");
  if (words.includes("  ")) throw rule("have two spaces, U+0020, in a row");
  return words;
}

/** @throws {BadUserInput} naming `maxAge`, in seconds, if it is less than 1 */
export function checkMaxAge(maxAge: number): number {
  if (maxAge >= 1) return maxAge;
  throw new BadUserInput("maxAge", `maxAge must be at least 1, in seconds; ${maxAge} was given`);
}
