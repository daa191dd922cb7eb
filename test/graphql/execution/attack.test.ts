import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  getOperationAST,
  isObjectType,
  parse,
  validate,
} from "graphql";
import { describe, expect, it } from "vitest";
import type { Context } from "../../../src/graphql/context.ts";
import { compiler } from "../../../src/graphql/execution/compile.ts";

const schema = buildSchema(`
  type Parent { id: ID! name: String child: Child children: [Child!] }
  type Child { id: ID! parent: Parent needed: Parent! all: [Parent!]! fails: String }
  type Query { parent: Parent child: Child! list: [Child]! echo(n: Int, text: String, id: ID): String }
  type Mutation { act(n: Int, id: ID): String need(id: ID!): String must: Parent! fails: String }
`);

const acts: unknown[] = [];
const parent = { id: "p", name: "P" };
const child = { id: "c" };
const fail = (): never => {
  throw new Error("failed");
};
const resolvers: Record<string, GraphQLFieldResolver<unknown, unknown>> = {
  "Parent.child": async () => child,
  "Parent.children": () => [child, child],
  "Child.parent": () => parent,
  "Child.needed": async () => fail(),
  "Child.all": fail,
  "Child.fails": (_source, _args, _context, { parentType, fieldName }) => {
    throw new Error(`failed: ${parentType.name}.${fieldName}`);
  },
  "Query.parent": () => parent,
  "Query.child": async () => child,
  // The second fails before the first is there.
  "Query.list": () => [new Promise((done) => setImmediate(done, child)), Promise.reject(new Error("failed"))],
  "Query.echo": (_source, args) => Object.entries(args).join(" "),
  "Mutation.act": async (_source, args) => acts.push(args),
  "Mutation.need": (_source, { id }) => acts.push(id),
  "Mutation.must": async () => fail(),
  "Mutation.fails": fail,
};
for (const [path, resolve] of Object.entries(resolvers)) {
  const [type = "", name = ""] = path.split(".");
  const found = schema.getType(type);
  const field = isObjectType(found) && found.getFields()[name];
  if (field) field.resolve = resolve;
}

/** The answer as a client gets it, and what ran. */
async function outcome(run: () => Promise<ExecutionResult> | ExecutionResult) {
  acts.length = 0;
  const { data, errors } = await run();
  const told = errors?.map(({ message, path }) => ({ message, path }));
  return { json: JSON.stringify({ data, told }), acts: [...acts] };
}

/** The outcome by graphql-js, and by compiled code if the operation is compiled. */
async function both(text: string, variables: Record<string, unknown>) {
  const document = parse(text, { noLocation: true });
  expect(validate(schema, document)).toEqual([]);
  const operation = getOperationAST(document);
  const compiled = operation && compiler(schema)(document, operation);
  const js = () => execute({ schema, document, variableValues: variables });
  return [await outcome(js), await outcome(() => compiled?.(variables, {} as Context) ?? js())];
}

describe("compiled code and graphql-js agree on", () => {
  it.each([
    ["an alias __proto__ of a leaf", "{ __proto__: __typename parent { __proto__: id name } }"],
    ["an alias __proto__ of an object", "{ __proto__: parent { __proto__: child { id } } }"],
    [
      "names of Object.prototype",
      "{ constructor: parent { hasOwnProperty: id toString: name } then: __typename }",
    ],
    [
      "fragments of such names",
      "{ parent { ...constructor } } fragment constructor on Parent { ...toString } fragment toString on Parent { id }",
    ],
    [
      "paths that are one when joined",
      "{ a: parent { b: child { x: fails } } b_a: parent { x: child { id } } }",
    ],
    ["several failures that null one object", "{ parent { child { a: needed { id } b: needed { id } } } }"],
    ["a failure and other errors beside it", "{ child { all { id } fails } parent { child { fails } } }"],
    ["a failure in each item", "{ parent { children { id needed { id } } } }"],
    ["items that fail out of order", "{ list { id } }"],
    ["a mutation after one that nulls all", "mutation { act must { id } b: act(n: 2) }"],
    ["a mutation after some that fail", "mutation { fails a: act(n: 1) b: fails c: act(n: 2) __typename }"],
  ])("%s", async (_, text) => {
    const [js, compiled] = await both(text, {});
    expect(compiled).toEqual(js);
  });

  const prototypes = ["constructor", "toString", "hasOwnProperty", "__proto__", "__defineGetter__"];
  it.each(prototypes)("a variable $%s that is absent, null or there", async (name) => {
    const text = `mutation ($${name}: ID) { act(id: $${name}) b: act }`;
    for (const json of [
      "{}",
      `{ "${name}": null }`,
      `{ "${name}": "x" }`,
      `{ "${name}": 1, "__proto__": {} }`,
    ]) {
      const [js, compiled] = await both(text, JSON.parse(json));
      expect(compiled, json).toEqual(js);
    }
  });

  it.each(prototypes)("a required variable $%s", async (name) => {
    const text = `mutation ($${name}: ID!) { act need(id: $${name}) b: act }`;
    const [js, compiled] = await both(text, JSON.parse(`{ "${name}": "x" }`));
    expect(compiled).toEqual(js);
  });
});
