import { BadUserInput } from "../errors.ts";

/**
 * Checks a text for a token or for the platform. A lone surrogate is refused, because it has no UTF-8 form and encoders would
 * replace it.
 *
 * @param maxLength in UTF-16 code units, as `length` in JavaScript and Java
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
 * Checks a text of one line, as `checkText` does. It also refuses control characters, line breaks and noncharacters: they are
 * invisible, so two names could look alike.
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

/** The first code point of a text in Unicode notation, such as `U+200B`. */
export function codePointOf(text: string): string {
  return `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** A value as a line of JSON. It escapes U+2028 and U+2029, which many readers, such as Node's, treat as line ends. */
export function jsonLine(value: Readonly<Record<string, unknown>>): string {
  const json = JSON.stringify(value);
  return `${json.replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`)}\n`;
}

/** Whether a text can be stored: PostgreSQL has no U+0000, and UTF-8 no lone surrogates. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** The text with U+FFFD in place of what cannot be stored. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/**
 * Checks a text that a query compares with rows.
 *
 * @throws {BadUserInput} naming `argument`, if no row can have the text
 */
export function checkStorable(argument: string, text: string): string {
  if (isStorable(text)) return text;
  throw new BadUserInput(argument, `${argument} must be well-formed Unicode without U+0000`);
}
