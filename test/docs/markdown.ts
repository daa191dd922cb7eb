import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The repository. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** Every document that people read, by its path in the repository. */
export const DOCUMENTS: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].filter((name) =>
    existsSync(resolve(ROOT, name)),
  ),
  ...readdirSync(resolve(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** The text of a document, which has its path in the repository. */
export const textOf = (document: string): string => readFileSync(resolve(ROOT, document), "utf8");

/** A fenced block of a document: code of a language, the heading above it, and the line that it begins in. */
export interface Snippet {
  readonly document: string;
  readonly heading: string;
  readonly language: string;
  readonly code: string;
  readonly line: number;
}

/** What a test of a snippet is called. */
export const placeOf = ({ document, line, language }: Snippet): string => `${document}:${line}, ${language}`;

/** The fenced blocks of a document, also those within lists, which are indented. */
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

/** A document without its fenced blocks, which have text of their own kind. */
export const prose = (markdown: string): string => markdown.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");

/** The headings, without the marks before them. */
export function headings(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
}

/** What is written `as code` in the text. */
export function codeSpans(markdown: string): string[] {
  return [...prose(markdown).matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map(([, code = ""]) =>
    code.replaceAll(/\s+/g, " "),
  );
}

/** Where the document's links lead. */
export function links(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target);
}

/** The anchor of a heading, as hosts of repositories make it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}
