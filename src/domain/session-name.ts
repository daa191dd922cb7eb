import { BadUserInput } from "../errors.ts";
import { checkLine, codePointOf } from "./text.ts";

/** The longest name of sessions, in UTF-16 code units of its NFC. */
export const MAX_NAME_LENGTH = 200;

/**
 * White space other than U+0020, and what nobody sees: with either, two different names look the same. Unicode has no property for the
 * last of these: the pattern of Braille without dots, the annotations' controls and the head of no note.
 */
const HIDDEN = /(?! )[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{1d159}]/u;

/**
 * The name of a session in the form in which names are kept and compared: Unicode's normalization form C.
 *
 * @param argument what errors call the name
 * @throws {BadUserInput} naming `argument` and the code point that breaks the rule
 */
export function checkSessionName(name: string, argument = "name"): string {
  const checked = checkWords(name, argument);
  if (checked.endsWith(" ")) throw new BadUserInput(argument, `${argument} must not end in a space, U+0020`);
  return checked;
}

/**
 * The beginning of names, in the same form and by the same rules, but it may end in a space. Every name begins with
 * an empty one.
 *
 * @param argument what errors call the prefix
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
    throw rule(`have invisible characters, or white space but U+0020; it has ${codePointOf(hidden[0])}`);
  }
  if (words.startsWith(" ")) throw rule("begin with a space, U+0020");
  if (words.includes("  ")) throw rule("have two spaces, U+0020, in a row");
  return words;
}

/** @throws {BadUserInput} naming `maxAge`, in seconds, when no session can be as young */
export function checkMaxAge(maxAge: number): number {
  if (maxAge >= 1) return maxAge;
  throw new BadUserInput("maxAge", `maxAge must be at least 1, in seconds; ${maxAge} was given`);
}
