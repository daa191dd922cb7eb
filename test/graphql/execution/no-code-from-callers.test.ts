import {
  buildSchema,
  type DocumentNode,
  execute,
  type GraphQLSchema,
  getOperationAST,
  parse,
  validate,
} from "graphql";
import { afterEach, describe, expect, it } from "vitest";
import type { Context } from "../../../src/graphql/context.ts";
import { compiler } from "../../../src/graphql/execution/compile.ts";

/** The strings that graphql-jit replaces in the code it writes. */
const MAGIC_DATE = "__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d";
const MAGIC = [
  "__MAGIC_NAN__57f286b9_4c20_487f_b409_79804ddcb4f8",
  "__MAGIC_PLUS_INFINITY__bb201c39_3333_4695_b4ad_7f1722e7aa7a",
  "__MAGIC_MINUS_INFINITY__71d4310a_d4a3_4a05_b1fe_e60779d24998",
  `${MAGIC_DATE}0`,
  `${MAGIC_DATE}globalThis.stagepassWasHere=true`,
];

const schema = buildSchema(`
  scalar _Any
  enum Color { RED }
  input Item { text: String items: [Item] color: Color }
  type Query { echo(text: String, texts: [String], id: ID, item: Item, items: [Item], any: _Any, anys: [_Any]): String }
`);
const echo = (args: unknown) => JSON.stringify(args);
const field = schema.getQueryType()?.getFields().echo;
if (field) field.resolve = (_, args) => echo(args);

afterEach(() => {
  delete (globalThis as Record<string, unknown>).stagepassWasHere;
});

/** The answer of a compiled operation; that of graphql-js if it is not compiled. */
async function run(schema: GraphQLSchema, text: string, variables = {}): Promise<unknown> {
  const document: DocumentNode = parse(text, { noLocation: true });
  expect(validate(schema, document)).toEqual([]);
  const operation = getOperationAST(document);
  const compiled = operation && compiler(schema)(document, operation);
  return compiled
    ? compiled(variables, {} as Context)
    : execute({ schema, document, variableValues: variables });
}

describe("a compiled operation", () => {
  it.each([
    ...MAGIC,
    "\u0024{globalThis.stagepassWasHere=true}",
    '"+(globalThis.stagepassWasHere=true)+"',
    "`\\\u2028'\"\u0024{1}",
  ])("has the literal %j as a value", async (literal) => {
    const quoted = JSON.stringify(literal);
    for (const argument of [
      `text: ${quoted}`,
      `text: """${literal.replaceAll('"', "'")}"""`,
      `texts: [${quoted}]`,
      `id: ${quoted}`,
      `item: { text: ${quoted} }`,
      `items: { items: [{ text: ${quoted} }] }`,
      `any: { text: ${quoted} }`,
      `anys: ${quoted}`,
    ]) {
      const text = `{ echo(${argument}) }`;
      const expected = await execute({ schema, document: parse(text) });
      expect(expected.errors).toBeUndefined();
      expect(await run(schema, text), text).toEqual(expected);
    }
    expect(globalThis).not.toHaveProperty("stagepassWasHere");
  });

  it.each([
    `any: ${MAGIC_DATE}stagepass`,
    `any: { a: ${MAGIC_DATE}stagepass }`,
    `anys: [${MAGIC[0]}]`,
    `any: { ${MAGIC[0]}: 1 }`,
    `any: { ${MAGIC_DATE}stagepass: 1 }`,
    "any: { __proto__: { a: 1 } }",
    "any: [[{ constructor: { __proto__: null } }]]",
    "item: { color: RED, items: { color: RED } }",
  ])("has no name of a caller in its values: %s", async (argument) => {
    const text = `{ echo(${argument}) }`;
    expect(await run(schema, text)).toEqual(await execute({ schema, document: parse(text) }));
  });

  it("compiles numbers and the schema's own enums", () => {
    const document = parse("{ echo(id: 1, items: { color: RED }) }", { noLocation: true });
    const operation = getOperationAST(document);
    expect(operation && compiler(schema)(document, operation)).not.toBeNull();
  });
});
