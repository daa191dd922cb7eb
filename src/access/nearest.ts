import leven, { closestMatch } from "leven";

/** The longest word that is compared, in characters. */
const MAX_LENGTH = 40;
/** How many letters may be wrong, missing or too many. */
const MAX_EDITS = 2;

/**
 * The word of a list that was probably meant: it is the same but for case, punctuation, the order of its two parts around a colon, or
 * two letters. Null when none is so near.
 */
export function nearest<T extends string>(given: string, words: readonly T[]): T | null {
  if (given.length > MAX_LENGTH) return null;
  const swapped = given.split(":").reverse().join(":");
  const bareWords = words.map(bare);
  const meant = [given, swapped].map((form) =>
    closestMatch(bare(form), bareWords, { maxDistance: MAX_EDITS }),
  );
  const word = meant.find((found) => found !== undefined);
  // Of a short word two letters are too many.
  if (word === undefined || Math.min(leven(bare(given), word), leven(bare(swapped), word)) > word.length / 3)
    return null;
  return words[bareWords.indexOf(word)] ?? null;
}

function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
