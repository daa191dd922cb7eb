import {
  buildSchema,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSchema,
  GraphQLString,
  isObjectType,
  printSchema,
} from "graphql";
import { expect, it } from "vitest";
import { localCaller } from "../../src/access/caller.ts";
import { REQUIRED_SCOPE } from "../../src/access/policy.ts";
import type { Context } from "../../src/graphql/context.ts";
import { createSubgraphSchema } from "../../src/graphql/federation/subgraph.ts";
import { guardFields } from "../../src/graphql/guard.ts";

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

it("closes a subscription without a rule, also before its first event", () => {
  const field = { type: GraphQLString, resolve: () => "event", subscribe: () => "events" };
  const named = (name: string) => new GraphQLObjectType<unknown, Context>({ name, fields: { field } });
  const schema = new GraphQLSchema({ query: named("Other"), subscription: named("Subscription") });
  guardFields(schema);
  const { resolve, subscribe } = schema.getSubscriptionType()?.getFields().field ?? {};
  for (const guarded of [resolve, subscribe]) {
    expect(() => guarded?.({}, {}, { caller: localCaller() }, {} as GraphQLResolveInfo)).toThrow(
      "no caller may use Subscription.field",
    );
  }
});
