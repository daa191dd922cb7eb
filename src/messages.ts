import { closestMatch } from "leven";

/** What to say about a text: the entry of the first pattern that matches. */
export type Advice = readonly (readonly [pattern: RegExp, says: string])[];

export function adviceOn(text: string, table: Advice): string | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1];
}

/** The longest word to compare, in characters. */
const MAX_COMPARED = 60;

/**
 * The most similar word of a list, ignoring case and punctuation; undefined if no word is similar enough.
 *
 * @param edits the most letters that may be wrong, missing or extra
 */
export function nearest<T extends string>(
  given: string,
  words: readonly T[],
  edits = Math.min(2, Math.floor(given.length / 3)),
): T | undefined {
  if (given.length > MAX_COMPARED) return undefined;
  const bareWords = words.map(bare);
  const meant = closestMatch(bare(given), bareWords, { maxDistance: edits });
  return meant === undefined ? undefined : words[bareWords.indexOf(meant)];
}

function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** The characters kept of a cut text. Secrets and tokens are longer. */
const KEPT_LENGTH = 16;

/**
 * A value for a message or the log: cut, quoted, and in ASCII, so that control characters cannot disguise it.
 *
 * @param longest in characters; raise it only if the value cannot be a misplaced secret
 */
export function quote(given: string, longest = KEPT_LENGTH): string {
  const cut = given.length > longest ? `${given.slice(0, longest)}…` : given;
  return JSON.stringify(cut).replaceAll(
    /(?!…)[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The longest word or quotation that a message keeps whole, in characters. Secrets and tokens are longer. */
const MAX_PIECE_LENGTH = 30;
/** The longest message, in characters. A message that repeats a value could be as long as the value. */
const MAX_MESSAGE_LENGTH = 4096;

/** A quotation, closed or not, or a word. Each character belongs to one piece, so matching takes linear time. */
const PIECE = /"""[\s\S]*?"""|"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|[^\s"]+/g;

/** A library's message, with long words and quotations cut, because they may repeat a token or a secret. */
export function abridge(message: string): string {
  return message
    .slice(0, MAX_MESSAGE_LENGTH)
    .replace(PIECE, (piece) =>
      piece.length > MAX_PIECE_LENGTH
        ? `${piece.slice(0, KEPT_LENGTH)}…${piece.endsWith('"') ? '"' : ""}`
        : piece,
    );
}
