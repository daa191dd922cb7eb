import type { GraphQLRequestContextDidResolveOperation } from "@apollo/server";
import { getOperationAST, parse } from "graphql";
import { expect, it } from "vitest";
import type { Context } from "../../../src/graphql/context.ts";
import { formatError } from "../../../src/graphql/errors/format-error.ts";
import { COMPILING, KnownOperations } from "../../../src/graphql/execution/known-operations.ts";
import { createSchema } from "../../../src/graphql/schema.ts";

/** A server's operations, on a clock that goes forward by `took` milliseconds whenever it is read. */
function operations(took: number) {
  let time = 0;
  const known = new KnownOperations(createSchema(), formatError, () => {
    time += took;
    return time;
  });
  const context = { summary: {}, bodyBytes: 0, reserve() {} } as unknown as Context;
  const learn = (source: string, operationName?: string, { noLocation = true, caller = "ann" } = {}) => {
    const document = parse(source, { noLocation });
    const operation = getOperationAST(document, operationName);
    const facts = {
      request: { operationName },
      document,
      operation,
      source,
      contextValue: { caller: { id: caller } },
    };
    known.learn(facts as GraphQLRequestContextDidResolveOperation<Context>);
  };
  const isKnown = async (query: string, operationName?: string) =>
    (await known.answer({ query, operationName }, undefined, context)) !== null;
  const pass = (milliseconds: number) => {
    time += milliseconds;
  };
  return { learn, isKnown, pass };
}

it("an operation is known once its document comes from Apollo's cache, which keeps no positions", async () => {
  const { learn, isKnown } = operations(0);
  const source = "query A { __typename } query B { b: __typename }";
  learn(source, "A", { noLocation: false });
  expect(await isKnown(source, "A")).toBe(false);
  learn(source, "A");
  expect(await Promise.all([isKnown(source, "A"), isKnown(source, "B"), isKnown(source)])).toEqual([
    true,
    false,
    false,
  ]);
  learn(source, "B");
  expect(await Promise.all([isKnown(source, "A"), isKnown(source, "B")])).toEqual([true, true]);
});

it("compiling takes at most its share of the time, and each caller's documents less", async () => {
  const took = 10;
  const { learn, isKnown, pass } = operations(took);
  const documents = Array.from({ length: 3 }, (_, i) => `{ a${i}: __typename }`);
  const [first = "", second = "", third = ""] = documents;
  const known = () => Promise.all(documents.map((each) => isKnown(each)));
  const learnAs = (caller: string, source: string) => learn(source, undefined, { caller });
  learnAs("ann", first);
  learnAs("bob", second);
  expect(await known()).toEqual([true, false, false]);
  pass(took / COMPILING.share);
  learnAs("ann", third);
  learnAs("bob", second);
  expect(await known()).toEqual([true, true, false]);
  pass(took / COMPILING.callersShare);
  learnAs("ann", third);
  expect(await known()).toEqual([true, true, true]);
});

it("the memory for operations is bounded: the ones used longest ago are forgotten", async () => {
  const { learn, isKnown } = operations(0);
  const fields = Array.from({ length: 9 }, (_, i) => `a${i}: __typename`).join(" ");
  const documents = Array.from({ length: 500 }, (_, i) => `query Q${i} { ${fields} }`);
  for (const each of documents) learn(each);
  const known = await Promise.all(documents.map((each) => isKnown(each)));
  expect([known[0], known.at(-1)]).toEqual([false, true]);
  expect(known.filter(Boolean).length).toBeGreaterThan(100);
});
