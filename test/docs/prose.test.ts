import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ROOT } from "./markdown.ts";

const LONG = `One ${"word ".repeat(21)}more.`;
const SHORT = `One ${"word ".repeat(20)}more.`;

/** The rules that the prose of a file breaks, each with its line. */
function problems(name: string, text: string): string[] {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  const { stdout, stderr } = spawnSync(process.execPath, ["docs/.prose/check.js", path], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return [...stdout.matchAll(/:(\d+):\d+: .*\[Error\/(.*)\]/g)].map(([, line, rule]) => `${line} ${rule}`);
}

describe("the check of prose", () => {
  it("finds long sentences in paragraphs, lists and tables of Markdown, and none in code", () => {
    const page = [
      LONG,
      "",
      SHORT,
      "",
      `- ${LONG}`,
      "",
      "| a |",
      "| --- |",
      `| ${LONG} |`,
      "",
      "```",
      LONG,
      "```",
      "",
      `\`${LONG}\``,
    ];
    expect(problems("a.md", page.join("\n"))).toEqual([1, 5, 9].map((line) => `${line} short-sentences`));
  });

  it("finds the words of the list, and not those of questions", () => {
    const page = [
      "Whoever comes is let in.",
      "",
      "It does as ever.",
      "",
      "Who may call?",
      "",
      "Who has it may come.",
      "",
      "A caller who",
      "asks gets it.",
      "",
      "> As [it was *as ever*](a.md).",
    ];
    expect(problems("a.md", page.join("\n"))).toEqual([1, 3, 7, 9, 12].map((line) => `${line} words`));
  });

  it("finds a page whose first words are hard to read", () => {
    const page = "Administrators instantiate interdependent infrastructural configurations immediately. ";
    expect(problems("a.md", page.repeat(40))).toEqual(["1 reading-grade"]);
  });

  it("reads the descriptions of a schema", () => {
    const lines = [
      `"${LONG}"`,
      "type Query {",
      '"""',
      LONG,
      '"""',
      `a(b: String = "${LONG}"): ID @deprecated(reason: "It is as ever.")`,
      "}",
    ];
    expect(problems("a.graphql", lines.join("\n"))).toEqual([
      "1 short-sentences",
      "4 short-sentences",
      "6 words",
    ]);
  });

  it("reads the comments and the messages of TypeScript, and no other code", () => {
    const lines = [
      `/** ${LONG} */`,
      `const sql = sql\`${LONG}\`;`,
      `// ${LONG}`,
      `const a = "${LONG}";`,
      `const b = \`${LONG}\`;`,
      "const c = <p>",
      LONG,
      "</p>;",
      `const d = \`\${all.map((one) => \`\${one}\`).join(", ")} ${SHORT.slice(4)}\`;`,
    ];
    expect(problems("a.tsx", lines.join("\n\n"))).toEqual(
      [1, 5, 7, 9, 13].map((line) => `${line} short-sentences`),
    );
  });
});
