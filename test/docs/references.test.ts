import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorOf } from "../../docs/.vitepress/anchor.ts";
import { SCOPES } from "../../src/access/scope.ts";
import { codeSpans, DOCUMENTS, headings, links, PART_READMES, ROOT, textOf } from "./markdown.ts";

const { scripts, bin } = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));
const ofEach = DOCUMENTS.map((document) => [document, textOf(document)] as const);

/** A path of this repository: in one of its folders, or a file at the root. */
const PATH =
  /^(?:src|test|docs|bench|console|deploy|bundle)(?:\/[\w.-]+)+\/?$|^(?:\.?[\w-]+\.(?:json|ya?ml|c?js|ts|md|graphql)|Dockerfile)$/;

/** The pages with an application of their own; the test of their snippets checks its files. */
const GUIDE = /^docs\/(front-end|clients\/.*)\.md$/;

it.each([...DOCUMENTS, ...PART_READMES])("%s links to existing files and headings", (document) => {
  const broken = links(textOf(document))
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? document : join(dirname(document), path);
      if (!existsSync(resolve(ROOT, file))) return true;
      return anchor !== undefined && !headings(textOf(file)).map(anchorOf).includes(anchor);
    });
  expect(broken).toEqual([]);
});

describe.each(ofEach)("%s", (document, markdown) => {
  it("names existing paths", () => {
    const paths = GUIDE.test(document) ? [] : codeSpans(markdown).filter((code) => PATH.test(code));
    expect(paths.filter((path) => !existsSync(resolve(ROOT, path)))).toEqual([]);
  });

  it("names existing commands", () => {
    const missing = codeSpans(markdown).filter((code) => {
      const [, script, program = ""] = /^npm run ([\w:]+)|^npx (\S+)/.exec(code) ?? [];
      if (script) return scripts[script] === undefined;
      if (Object.hasOwn(bin, program)) return false;
      return program && !existsSync(resolve(ROOT, "node_modules/.bin", program));
    });
    expect(missing).toEqual([]);
  });
});

it("the README has at most 1,200 words", () => {
  expect(textOf("README.md").split(/\s+/).length).toBeLessThanOrEqual(1200);
});

it("docs/access.md has exactly the scopes", () => {
  const row = textOf("docs/access.md").match(/^\| `scope` \|.*$/m)?.[0] ?? "";
  expect(codeSpans(row).sort()).toEqual(["scope", ...SCOPES].sort());
});

describe("the invariants", () => {
  const rows = textOf("docs/architecture.md")
    .split("\n")
    .filter((line) => /^\| I\d+ \|/.test(line));

  it("are numbered, and each names a source and a test", () => {
    expect(rows.map((row) => row.split(" ")[1])).toEqual(rows.map((_, i) => `I${i + 1}`));
    for (const row of rows) {
      const [, , sources = "", tests = ""] = row.split(" | ");
      expect(sources).toMatch(/`[\w./-]+\.(ts|yml)`/);
      expect(tests).toMatch(/`test\/[\w./-]+\.test\.ts`/);
    }
  });
});
