import { buildSchema, validateSchema } from "graphql";
import { expect, it } from "vitest";
import { createSchema, printContract } from "../../src/graphql/schema.ts";

const schema = createSchema();

it("is a valid schema", () => {
  expect(validateSchema(schema)).toEqual([]);
});

it("is what schema.graphql says; `npm run schema` writes it", async () => {
  await expect(printContract(schema)).toMatchFileSnapshot("../../schema.graphql");
});

it("can be read by other tools", () => {
  expect(() => buildSchema(printContract(schema))).not.toThrow();
});
