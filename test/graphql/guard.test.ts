import { buildSchema, isObjectType, printSchema } from "graphql";
import { expect, it } from "vitest";
import { REQUIRED_SCOPE } from "../../src/access/policy.ts";
import { createSubgraphSchema } from "../../src/graphql/federation/subgraph.ts";

/** How a description says what its field requires. */
const REQUIREMENT = /\brequires\b|every caller/gi;

it("ends the descriptions of exactly the policy's fields with what they require, and says it once", async () => {
  const printed = buildSchema(printSchema(await createSubgraphSchema()));
  const stated = Object.values(printed.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields()).flatMap(({ name, description }) => {
        const times = description?.match(REQUIREMENT)?.length;
        return times ? [[`${type.name}.${name}`, { ends: description?.split("\n").at(-1), times }]] : [];
      }),
    );
  const required = Object.entries(REQUIRED_SCOPE).map(([path, scope]) => [
    path,
    { ends: scope === null ? "Open to every caller." : `Requires \`${scope}\`.`, times: 1 },
  ]);
  expect(Object.fromEntries(stated)).toEqual(Object.fromEntries(required));
});
