import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The root of the repository. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** Every document, by its path in the repository. */
export const DOCUMENTS: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].filter((name) =>
    existsSync(resolve(ROOT, name)),
  ),
  ...["docs", "docs/clients"].flatMap((folder) =>
    readdirSync(resolve(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  ),
];

/** The documents of the kit and the examples, which have tests of their own. */
export const PART_READMES: readonly string[] = [
  "packages/client",
  "examples/react-app",
  "examples/next-backend",
].map((folder) => `${folder}/README.md`);

/** The text of the document with this path in the repository. */
export const textOf = (document: string): string => readFileSync(resolve(ROOT, document), "utf8");

/** A fenced block of a document: code, language, the heading above it, and its first line. */
export interface Snippet {
  readonly document: string;
  readonly heading: string;
  readonly language: string;
  readonly code: string;
  readonly line: number;
}

/** The name of a snippet's test. */
export const placeOf = ({ document, line, language }: Snippet): string => `${document}:${line}, ${language}`;

/** The fenced blocks of a document, including indented ones in lists. */
export function snippets(document: string): Snippet[] {
  const markdown = textOf(document);
  const blocks = [...markdown.matchAll(/^( *)```(.*)\n([\s\S]*?)^\1```$/gm)];
  const fences = markdown.match(/^\s*(```|~~~)/gm) ?? [];
  if (fences.length !== 2 * blocks.length) throw new Error(`${document} has a block that is not closed`);
  return blocks.map(({ 1: indent, 2: language = "", 3: code = "", index }) => ({
    document,
    heading: headings(markdown.slice(0, index)).at(-1) ?? "",
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    line: markdown.slice(0, index).split("\n").length,
  }));
}

/** A document without its fenced blocks. */
export const prose = (markdown: string): string => markdown.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");

/** The headings, without their marks. */
export function headings(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
}

/** The `code spans` of the text. */
export function codeSpans(markdown: string): string[] {
  return [...prose(markdown).matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map(([, code = ""]) =>
    code.replaceAll(/\s+/g, " "),
  );
}

/** The targets of the document's links. */
export function links(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target);
}
