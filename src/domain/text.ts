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
