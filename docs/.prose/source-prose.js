import { parse as parseMarkdown } from "@textlint/markdown-to-ast";
import { parse as parseSchema, visit } from "graphql";
import { parseSync, Visitor } from "rolldown/utils";

/** The prose of TypeScript, by offset: its comments, and its texts of four words or more. */
function proseOfTypeScript(source, path) {
  const { program, comments } = parseSync(path, source);
  // A tag of a docstring begins a sentence.
  const prose = comments.map(({ start, end }) => [
    start,
    source.slice(start, end).replace(/(?=\n\s*\* @)/g, "."),
  ]);
  const add = (start, text) => {
    // Texts on adjacent lines are sentences of their own.
    if (/\S( \S+){3}/.test(text)) prose.push([start, `${text}.`]);
  };
  const statements = new Set();
  new Visitor({
    TaggedTemplateExpression: ({ quasi }) => void statements.add(quasi.start),
    TemplateLiteral: ({ start, quasis }) =>
      statements.has(start) || add(start, quasis.map(({ value }) => value.raw).join("xx")),
    Literal: ({ start, raw, value }) => void (typeof value === "string" && add(start, raw.slice(1, -1))),
    JSXText: ({ start, raw }) => add(start, raw),
  }).visit(program);
  return prose;
}

/** The prose of a schema, by offset: its descriptions, and its reasons for deprecation. */
function proseOfSchema(source) {
  const prose = [];
  visit(parseSchema(source), {
    StringValue({ loc }, key, parent) {
      if (key === "description" || parent.name?.value === "reason")
        prose.push([loc.start, source.slice(loc.start, loc.end).replace(/^"+|"+$/g, "")]);
    },
  });
  return prose;
}

/** Prose as Markdown: each line keeps its line number in the source, whose other lines are empty. */
function markdownOf(source, prose) {
  const lines = source.split("\n").map(() => "");
  for (const [start, text] of prose) {
    const first = source.slice(0, start).split("\n").length - 1;
    for (const [index, line] of text.split("\n").entries()) {
      lines[first + index] +=
        ` ${line.replace(/^\s*(\/\*\*?|\*(?!\/)|\/\/+)?\s*/, "").replace(/\s*\*\/$/, "")}`;
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
