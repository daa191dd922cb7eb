import { fleschKincaid } from "flesch-kincaid";
import { split } from "sentence-splitter";
import { syllable } from "syllable";
import { StringSource } from "textlint-util-to-string";

/** A node of textlint as plain text; code in backticks is one short word. */
const plainText = (node) =>
  new StringSource(node, {
    replacer: ({ node, maskValue }) => (node.type === "Code" ? maskValue("x") : undefined),
  });

/** The sentences of a node of textlint, with their offsets in its text. */
function sentencesOf(node) {
  const source = plainText(node);
  return split(source.toString())
    .filter(({ type, raw }) => type === "Sentence" && /\p{L}{2}/u.test(raw))
    .map(({ raw, range }) => ({
      words: raw.match(/\p{L}[^\s,;:()/—]*/gu) ?? [],
      offset: source.originalIndexFromIndex(range[0]) ?? 0,
    }));
}

/** A rule of textlint: a sentence has at most `max` words. */
export function shortSentences({ Syntax, RuleError, report, locator }, { max }) {
  const check = (node) => {
    for (const { words, offset } of sentencesOf(node).filter(({ words }) => words.length > max)) {
      report(
        node,
        new RuleError(`${words.length} words in a sentence; ${max} are enough`, {
          padding: locator.at(offset),
        }),
      );
    }
  };
  return { [Syntax.Paragraph]: check, [Syntax.TableCell]: check };
}

/** A rule of textlint: no text matches a pattern of `words`. */
export function plainWords({ Syntax, RuleError, report, locator }, { words }) {
  const patterns = words.map(([{ source, flags }, better]) => ({
    pattern: new RegExp(source.replaceAll(" ", "\\s+"), `${flags}g`),
    better,
  }));
  const check = (node) => {
    const source = plainText(node);
    for (const { pattern, better } of patterns)
      for (const { 0: found, index } of source.toString().matchAll(pattern))
        report(
          node,
          new RuleError(`${found.trim().replace(/\s+/g, " ")} => ${better}`, {
            padding: locator.at(source.originalIndexFromIndex(index) ?? 0),
          }),
        );
  };
  return { [Syntax.Paragraph]: check, [Syntax.TableCell]: check, [Syntax.Header]: check };
}

/** A rule of textlint: the Flesch-Kincaid grade of the first `words` words of a page of Markdown is at most `max`. */
export function readingGrade({ Syntax, RuleError, report, getFilePath }, { max, words: limit }) {
  if (!getFilePath()?.endsWith(".md")) return {};
  const seen = { sentence: 0, word: 0, syllable: 0 };
  return {
    [Syntax.Paragraph](node) {
      for (const { words } of sentencesOf(node)) {
        if (seen.word >= limit) return;
        seen.sentence += 1;
        seen.word += words.length;
        seen.syllable += words.reduce((sum, word) => sum + syllable(word), 0);
      }
    },
    [Syntax.DocumentExit](node) {
      const grade = fleschKincaid(seen);
      if (seen.word >= limit && grade > max)
        report(node, new RuleError(`reading grade ${grade.toFixed(1)}; ${max} is enough`));
    },
  };
}
