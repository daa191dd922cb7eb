import fc from "fast-check";
import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isCompositeType,
  parse,
  validate,
} from "graphql";
import { expect, it } from "vitest";
import type { Context } from "../../../src/graphql/context.ts";
import { asExecuted, compiler } from "../../../src/graphql/execution/compile.ts";
import { inputs } from "../../support/long.ts";

const schema = buildSchema(`
  interface Named { name: String! friend: Animal friends(first: Int = 1): [Animal!] }
  type Cat implements Named {
    name: String! friend: Animal friends(first: Int = 1): [Animal!]
    lives: Int sharp: String! later: [Cat] nothing: String!
  }
  type Dog implements Named { name: String! friend: Animal friends(first: Int = 1): [Animal!] tricks: [Trick] never: Int! }
  union Animal = Cat | Dog
  enum Trick { SIT ROLL }
  input Filter { trick: Trick! tags: [String!] inner: Filter size: Int = 3 }
  input By @oneOf { name: String size: Int }
  type Query {
    animal(id: ID!): Animal
    named: Named
    animals(size: Int): [Animal]
    all: [Animal!]!
    echo(text: String, n: Int, flag: Boolean, trick: Trick, filter: Filter, ids: [ID!], rows: [[Int]], by: By): String
    throws: String
    rejects: String!
  }
  type Mutation { add(n: Int!): Int! fail(n: Int): Int dog: Dog }
`);

class Sharp extends Error {
  readonly extensions = { code: "SHARP" };
}

const cat = { kind: "Cat", name: "Tom", lives: 9 };
const dog = { kind: "Dog", name: "Rex", tricks: ["SIT", "ROLL", "FLY"] };
let total = 0;

const resolvers: Record<string, Record<string, (source: never, args: Record<string, unknown>) => unknown>> = {
  Query: {
    animal: (_, { id }) => (id === "1" ? cat : id === "2" ? Promise.resolve(dog) : null),
    named: async () => dog,
    animals: (_, { size }) =>
      size === 0 ? null : [cat, Promise.resolve(dog), null, Promise.reject(new Sharp("item"))],
    all: () => [dog, cat],
    // Sorted, because a resolver finds its arguments by name.
    echo: (_, args) => JSON.stringify(Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1))),
    throws: () => {
      throw new Sharp("at once");
    },
    rejects: async () => {
      throw new Error("later");
    },
  },
  Cat: {
    friend: () => dog,
    friends: async (_, { first }) => [cat, dog].slice(0, first as number),
    sharp: () => Promise.reject(new Sharp("claws")),
    later: () => [cat, Promise.resolve({ ...cat, lives: null })],
    nothing: () => null,
  },
  Dog: {
    friend: async () => cat,
    friends: (_, { first }) => (first === null ? null : [dog]),
    never: () => {
      throw new Error("never");
    },
  },
  Mutation: {
    add: async (_, { n }) => {
      total += n as number;
      return total;
    },
    fail: (_, { n }) => {
      if (n === 1) throw new Sharp("odd");
      return total;
    },
    dog: () => dog,
  },
};
for (const [name, fields] of Object.entries(resolvers)) {
  const type = schema.getType(name) as GraphQLObjectType;
  for (const [field, resolve] of Object.entries(fields)) {
    const found = type.getFields()[field];
    if (found) found.resolve = resolve as never;
  }
}
for (const name of ["Named", "Animal"]) {
  const type = schema.getType(name);
  if (isAbstractType(type)) type.resolveType = ({ kind }) => kind;
}

const compile = compiler(schema);

/** The values of each argument in a document, and as variables. */
const ARGUMENTS: Record<string, { type: string; literals: string[]; values: unknown[] }> = {
  id: { type: "ID!", literals: ["1", '"2"', '"__proto__"'], values: ["1", 2, "3", null, {}, 1.5] },
  first: { type: "Int", literals: ["0", "2"], values: [0, 1, null, "1", 2 ** 31] },
  size: { type: "Int", literals: ["0", "null"], values: [0, 1, null, 1.5] },
  text: {
    type: "String",
    literals: ['"a"', `"\\"\`\${1}\\\\"`, '"""a\n"b\\ """', '"\u2028\ud83d\ude00"', "null"],
    values: ["", `\`\${1}\`"'\\`, "\u2028", null, 1, ["a"]],
  },
  n: { type: "Int!", literals: ["1", "-2"], values: [1, -5, null, "x", 1e10] },
  flag: { type: "Boolean", literals: ["true", "null"], values: [true, false, null, "true"] },
  trick: { type: "Trick", literals: ["SIT", "null"], values: ["SIT", "sit", null, 1] },
  filter: {
    type: "Filter",
    literals: ["{ trick: SIT }", '{ trick: ROLL, tags: "a", inner: { trick: SIT, size: null } }'],
    values: [
      { trick: "SIT" },
      { trick: "ROLL", tags: ["a", null] },
      { trick: "SIT", tags: "b", inner: { trick: "SIT", size: 5 } },
      {},
      null,
      { trick: "SIT", other: 1 },
      [],
    ],
  },
  ids: { type: "[ID!]", literals: ['[1, "2"]', "3"], values: [["1", 2], "3", [null], [[1]], null, []] },
  by: {
    type: "By",
    literals: ['{ name: "a" }', "null"],
    values: [{ name: "a" }, { size: 1 }, { name: null }, { name: "a", size: 1 }, {}],
  },
  rows: {
    type: "[[Int]]",
    literals: ["[[1], null, [null]]", "1"],
    values: [[[1, 2], null], 1, [1, [2]], [["x"]]],
  },
};

type Pick = (most: number) => number;

/** A random document, and values for its variables. Not every document is valid. */
function randomOperation(pick: Pick): { text: string; variables: Record<string, unknown> } {
  const variables: Record<string, unknown> = {};
  const declared = new Map<string, string>();
  const fragments = new Map<string, string>();
  let aliases = 0;

  const oneOf = <T>(items: readonly T[]): T => items[pick(items.length)] as T;
  const argument = (name: string): string => {
    const { type, literals, values } = ARGUMENTS[name] ?? { type: "Int", literals: ["1"], values: [1] };
    if (pick(2) === 0) return `${name}: ${oneOf(literals)}`;
    declared.set(name, type);
    if (pick(5) > 0) variables[name] = oneOf(values);
    return `${name}: $${name}`;
  };
  const selection = (type: GraphQLOutputType, depth: number): string => {
    const named = getNamedType(type);
    if (!isCompositeType(named)) return "";
    const parts = Array.from({ length: 1 + pick(4) }, () => {
      const types = isAbstractType(named) ? schema.getPossibleTypes(named) : [named];
      const choice = pick(8);
      if (choice === 0) return "__typename";
      if (choice === 1) return `... on ${oneOf(types).name} ${selection(oneOf(types), depth)}`;
      if (choice === 2) {
        const on = oneOf([named, ...types]);
        const name = `F${on.name}${pick(2)}`;
        if (!fragments.has(name)) {
          fragments.set(name, "");
          fragments.set(name, `fragment ${name} on ${on.name} ${selection(on, depth - 1)}`);
        }
        return `...${name}`;
      }
      if (!("getFields" in named)) return "__typename";
      const field = oneOf(Object.values(named.getFields()));
      const inner = isCompositeType(getNamedType(field.type));
      if (inner && depth <= 0) return "__typename";
      const given = field.args.filter(
        ({ type, defaultValue }) =>
          (String(type).endsWith("!") && defaultValue === undefined) || pick(2) === 0,
      );
      const alias = given.length > 0 || pick(3) === 0 ? `a${aliases++}: ` : "";
      const args = given.length > 0 ? `(${given.map(({ name }) => argument(name)).join(", ")})` : "";
      return `${alias}${field.name}${args} ${selection(field.type, depth - 1)}`;
    });
    return `{ ${parts.join(" ")} }`;
  };

  const isMutation = pick(4) === 0;
  const root = isMutation ? schema.getMutationType() : schema.getQueryType();
  if (!root) throw new Error("no root type");
  const body = selection(root, 3);
  const definitions = [...declared].map(([name, type]) => `$${name}: ${type}`).join(", ");
  const head = `${isMutation ? "mutation" : "query"} Random${definitions && `(${definitions})`}`;
  return { text: [`${head} ${body}`, ...fragments.values()].join("\n"), variables };
}

/** A field that was asked for several times, in the message of graphql-jit about a null. Callers do not get this message. */
const MERGED = /\((\w+)(?:,\1)+\)/;

/** The errors of a result by their paths, and the nulls in its data that they cause. */
function errorsIn({ data, errors = [] }: ExecutionResult) {
  const messages = new Map<string, string>();
  const nulls = new Set<string>();
  for (const { message, path = [], extensions } of errors) {
    messages.set(JSON.stringify(path), JSON.stringify([message.replace(MERGED, "$1"), extensions]));
    let value: unknown = data;
    const place: (string | number)[] = [];
    for (const step of path) {
      if (value === null) break;
      value = (value as Record<string | number, unknown>)[step];
      place.push(step);
    }
    nulls.add(JSON.stringify(place));
  }
  return { messages, nulls };
}

/** Expects equal results. Of several errors that cause one null, it depends on their order which ones graphql-js reports. */
function expectSame(result: ExecutionResult, expected: ExecutionResult, text: string): void {
  expect(JSON.stringify(result.data), text).toBe(JSON.stringify(expected.data));
  const ours = errorsIn(result);
  const theirs = errorsIn(expected);
  expect([...ours.nulls].sort(), text).toEqual([...theirs.nulls].sort());
  for (const [path, message] of ours.messages)
    expect(message, text).toBe(theirs.messages.get(path) ?? message);
}

it("compiled code answers random operations as graphql-js does", async () => {
  const outcomes = { same: 0, failed: 0, invalid: 0 };
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const { text, variables } = randomOperation((most) => g(fc.nat, { max: most - 1 }));
      const document = parse(text);
      fc.pre(validate(schema, document).length === 0);
      const operation = getOperationAST(document);
      const run = operation ? compile(document, operation) : null;
      fc.pre(run !== null);
      total = 0;
      const expected = await execute({ schema, document, variableValues: variables });
      total = 0;
      const result = await run(variables, {} as Context);
      if (expected.data === undefined || result === null) {
        expect([result, expected.data], text).toEqual([null, undefined]);
        outcomes.invalid += 1;
        return;
      }
      outcomes[expected.errors ? "failed" : "same"] += 1;
      const { data, errors } = result;
      expectSame({ data, ...(errors && { errors: errors.map(asExecuted) }) }, expected, text);
    }),
    { numRuns: inputs(10_000) },
  );
  expect(Math.min(...Object.values(outcomes)), JSON.stringify(outcomes)).toBeGreaterThan(10);
}, 600_000);
