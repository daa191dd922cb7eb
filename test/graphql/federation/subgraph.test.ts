import { expect, it } from "vitest";
import { createSubgraphSchema } from "../../../src/graphql/federation/subgraph.ts";
import { createSchema } from "../../../src/graphql/schema.ts";

const alone = createSchema();
const subgraph = await createSubgraphSchema();

it("has the very types of the schema alone, in their order, with all that their text does not say", () => {
  const own = Object.keys(alone.getTypeMap());
  expect(Object.keys(subgraph.getTypeMap()).filter((name) => own.includes(name))).toEqual(own);
  for (const name of own.filter((name) => name !== "Query"))
    expect(subgraph.getType(name), name).toBe(alone.getType(name));
  expect(subgraph.getMutationType()).toBe(alone.getMutationType());
});

it("has of Query what the schema alone has, and two fields more", () => {
  const { _entities, _service, ...others } = subgraph.getQueryType()?.getFields() ?? {};
  expect([_entities?.resolve, _service?.resolve]).toEqual([expect.any(Function), expect.any(Function)]);
  const fields = alone.getQueryType()?.getFields() ?? {};
  expect(Object.keys(others)).toEqual(Object.keys(fields));
  for (const [name, { resolve, extensions, type, args, description }] of Object.entries(fields)) {
    const field = others[name];
    expect(resolve, name).toBeTypeOf("function");
    expect(field?.resolve, name).toBe(resolve);
    expect(field?.type, name).toBe(type);
    expect([field?.extensions, field?.args, field?.description]).toEqual([extensions, args, description]);
  }
  expect(subgraph.getQueryType()?.description).toBe(alone.getQueryType()?.description);
});

it("leaves the schema alone as it is", () => {
  expect(Object.keys(alone.getTypeMap()).filter((name) => /^_[A-Z]/.test(name))).toEqual([]);
  expect(Object.keys(alone.getQueryType()?.getFields() ?? {}).filter((name) => name.startsWith("_"))).toEqual(
    [],
  );
});
