/*
 * The lines before and after a key in PEM (RFC 7468), such as `-----BEGIN PRIVATE KEY-----`, as people paste them.
 */

/** The dashes of these lines, also as word processors replace them. */
const DASH = "(?:[-\\u2010-\\u2015\\u2212]{2,12}|[\\u2010-\\u2015\\u2212])";
/** The first or last line of PEM text. Its spaces may be lost or have become line breaks. */
export const MARK = new RegExp(`${DASH}\\s{0,9}(BEGIN|END)\\s{0,9}([A-Z0-9\\s]{0,60}?)\\s{0,9}${DASH}`, "g");

/** The text between a first and a last line. */
export interface Block {
  /** The label of its first line, without spaces: `RSAPRIVATEKEY`. */
  readonly label: string;
  readonly body: string;
}

/**
 * The blocks of a text, in order.
 *
 * @throws {Error} if a first or last line is missing
 */
export function blocksOf(text: string): Block[] {
  const marks = [...text.matchAll(MARK)].map((mark) => ({
    isBegin: mark[1] === "BEGIN",
    label: (mark[2] ?? "").replace(/\s/g, ""),
    start: mark.index,
    end: mark.index + mark[0].length,
  }));
  return marks.flatMap((mark, i) => {
    const next = marks[i + 1];
    if (!mark.isBegin) {
      if (marks[i - 1]?.isBegin) return [];
      throw new Error(`lacks its first line, ${lineOf("BEGIN", mark.label)}; copy the whole key`);
    }
    const body = text.slice(mark.end, next?.start);
    if (next && !next.isBegin) {
      if (next.label === mark.label) return [{ label: mark.label, body }];
      throw new Error("begins as one kind of key and ends as another; copy one whole key");
    }
    if (body.trim() === "") {
      throw new Error(
        "has only its first line; put the whole key in quotes, or write \\n for its line breaks",
      );
    }
    throw new Error(`lacks its last line, ${lineOf("END", mark.label)}; copy the whole key`);
  });
}

/** A correct first or last line, with `…` in place of an unknown label, which may be part of a secret. */
function lineOf(word: string, label: string): string {
  const known = /^(RSA|EC|DSA|ENCRYPTED|OPENSSH)?(PRIVATE|PUBLIC)KEY$/.exec(label);
  const name = known ? [known[1], known[2], "KEY"].filter(Boolean).join(" ") : "…";
  return `-----${word} ${name}-----`;
}
