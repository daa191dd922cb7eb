import { parse as parseMarkdown } from "@textlint/markdown-to-ast";
import { parse as parseSchema, visit } from "graphql";
import { parseSync, Visitor } from "rolldown/utils";

/** Where the prose of TypeScript is: its comments, and its texts of four words or more. */
function proseOfTypeScript(source, path) {
  const { program, comments } = parseSync(path, source);
  const prose = comments.map(({ start, end }) => [start, end]);
  const text = ({ start, end }) =>
    void (/\S( \S+){3}/.test(source.slice(start, end)) && prose.push([start + 1, end - 1]));
  const statements = new Set();
  new Visitor({
    TaggedTemplateExpression: ({ quasi }) => void statements.add(quasi.start),
    TemplateLiteral: (node) => statements.has(node.start) || text(node),
    Literal: (node) => void (typeof node.value === "string" && text(node)),
    JSXText: (node) => text(node),
  }).visit(program);
  return prose;
}

/** Where the descriptions of a schema are. */
function proseOfSchema(source) {
  const prose = [];
  visit(parseSchema(source), {
    StringValue: ({ block, loc }) => void (block && prose.push([loc.start, loc.end])),
  });
  return prose;
}

/** The prose as Markdown, each line of it where it is in the source, and nothing else of the source. */
function markdownOf(source, prose) {
  const lines = source.split("\n").map(() => "");
  for (const [start, end] of prose) {
    const first = source.slice(0, start).split("\n").length - 1;
    const text = source.slice(start, end).replace(/\$\{[^}]*\}/g, "x");
    for (const [index, line] of text.split("\n").entries()) {
      lines[first + index] +=
        ` ${line.replace(/^\s*("""|\/\*\*?|\*(?!\/)|\/\/+)?\s*/, "").replace(/\s*("""|\*\/)$/, "")}`;
    }
  }
  return lines.map((line) => line.trim()).join("\n");
}

/** A plugin of textlint that checks comments and messages of TypeScript, and descriptions of a schema. */
export default {
  Processor: class {
    availableExtensions() {
      return [".ts", ".tsx", ".graphql"];
    }

    processor(extension) {
      const proseOf = extension === ".graphql" ? proseOfSchema : proseOfTypeScript;
      return {
        preProcess(source, path) {
          const text = markdownOf(source, proseOf(source, path));
          return { text, ast: parseMarkdown(text) };
        },
        postProcess: (messages, filePath) => ({ messages, filePath }),
      };
    }
  },
};
