/** Checks the prose of the files of the command line; without any, of the documentation, the schema and the sources. */

import { TextlintKernelDescriptor } from "@textlint/kernel";
import markdown from "@textlint/textlint-plugin-markdown";
import { createLinter, loadLinterFormatter } from "textlint";
import { plainWords, readingGrade, shortSentences } from "./sentences.js";
import sourceProse from "./source-prose.js";
import { WORDS } from "./words.js";

const ALL = [
  "*.md",
  "docs/*.md",
  "docs/clients/*.md",
  "{packages,examples}/*/README.md",
  "schema.graphql",
  "src/**/*.ts",
  "console/src/**/!(generated)/*.{ts,tsx}",
];

const linter = createLinter({
  descriptor: new TextlintKernelDescriptor({
    plugins: [
      { pluginId: "markdown", plugin: markdown.default, options: true },
      { pluginId: "source-prose", plugin: sourceProse, options: true },
    ],
    filterRules: [],
    rules: [
      { ruleId: "short-sentences", rule: shortSentences, options: { max: 22 } },
      { ruleId: "reading-grade", rule: readingGrade, options: { max: 10, words: 200 } },
      { ruleId: "words", rule: plainWords, options: { words: WORDS } },
    ],
  }),
});
const files = process.argv.slice(2);
const results = await linter.lintFiles(files.length > 0 ? files : ALL);
const problems = results.filter(({ messages }) => messages.length > 0);
if (problems.length > 0) {
  const formatter = await loadLinterFormatter({ formatterName: "unix" });
  process.stdout.write(formatter.format(problems));
  process.exitCode = 1;
}
