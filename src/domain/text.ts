import { BadUserInput } from "../errors.ts";

/**
 * Checks a text that goes into a token or to the platform. A lone surrogate is refused because it has no
 * UTF-8 form: every encoder on the way would put something else in its place.
 *
 * @param maxLength in UTF-16 code units, JavaScript's and Java's `length`
 * @throws {BadUserInput} naming `argument`
 */
export function checkText(argument: string, text: string, maxLength: number): string {
  if (text.length > maxLength) {
    throw new BadUserInput(
      argument,
      `${argument} must be at most ${maxLength} characters; ${text.length} were given`,
    );
  }
  if (!text.isWellFormed()) {
    throw new BadUserInput(argument, `${argument} must be well-formed Unicode; a lone surrogate was given`);
  }
  return text;
}

/**
 * Checks a text of one line that people read, as `checkText`, and that it has neither control characters nor what
 * Unicode has no character for: nobody sees them, so that two names would look alike.
 *
 * @throws {BadUserInput} naming `argument`
 */
export function checkLine(argument: string, text: string, maxLength: number): string {
  if (text === "") throw new BadUserInput(argument, `${argument} must not be empty`);
  checkText(argument, text, maxLength);
  const found = /[\p{Cc}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u.exec(text);
  if (found) {
    throw new BadUserInput(
      argument,
      `${argument} must not have control characters, line breaks or noncharacters; it has ${codePointOf(found[0])}`,
    );
  }
  return text;
}

/** The first code point of a text as Unicode writes it, such as `U+200B`. */
export function codePointOf(text: string): string {
  return `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** A value as a line of JSON. U+2028 and U+2029, which JSON allows in a line, end one for many readers, Node's among them. */
export function jsonLine(value: Readonly<Record<string, unknown>>): string {
  const json = JSON.stringify(value);
  return `${json.replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`)}\n`;
}

/** Whether a text can be kept: U+0000 has no place in PostgreSQL, nor a lone surrogate in UTF-8. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/**
 * Checks a text that rows are compared with.
 *
 * @throws {BadUserInput} naming `argument`, when no row can have it
 */
export function checkStorable(argument: string, text: string): string {
  if (isStorable(text)) return text;
  throw new BadUserInput(argument, `${argument} must be well-formed Unicode without U+0000`);
}
