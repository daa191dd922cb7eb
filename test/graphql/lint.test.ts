import { ESLint } from "eslint";
import { expect, it } from "vitest";

const eslint = new ESLint();

/** The rules that a field with this directive breaks. */
async function broken(directive: string): Promise<(string | null)[]> {
  const sdl = `"""Reads."""\ntype Query {\n  """A number."""\n  number: Int ${directive}\n}\n`;
  const [result] = await eslint.lintText(sdl, { filePath: "schema.graphql" });
  return result?.messages.map(({ ruleId }) => ruleId) ?? ["not linted"];
}

it.each([
  ["", []],
  ['@deprecated(reason: "Use `total`. Removed after 2027-06-30.")', []],
  ["@deprecated", ["@graphql-eslint/require-deprecation-reason", "no-restricted-syntax"]],
  ['@deprecated(reason: "Removed after 2027-06-30.")', ["no-restricted-syntax"]],
  ['@deprecated(reason: "Use `total`.")', ["no-restricted-syntax"]],
  ['@deprecated(reason: "Use `total`. Removed after 30/06/2027.")', ["no-restricted-syntax"]],
])("`number: Int %s` breaks %j", async (directive, rules) => {
  expect((await broken(directive)).sort()).toEqual(rules);
});
