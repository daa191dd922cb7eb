import {
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isObjectType,
  parse,
} from "graphql";
import type { Context } from "../context.ts";
import { guardField } from "../guard.ts";
import { perRepresentation } from "../limits/cost.ts";
import { createSchema, printContract } from "../schema.ts";
import { resolveEntities } from "./entities.ts";

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])';

/** What a router is told of our types. Other subgraphs have a type of this name, too, where they have pages. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  Session: '@key(fields: "sessionId")',
  PageInfo: "@shareable",
};

let subgraph: Promise<GraphQLSchema> | undefined;

/** The executable schema as a subgraph of Apollo Federation 2, made once: with the fields by which a router asks. */
export function createSubgraphSchema(): Promise<GraphQLSchema> {
  subgraph ??= asSubgraph(createSchema());
  return subgraph;
}

/**
 * Puts the two fields beside those of Query. The types stay the very objects that they were: one made anew from the text of
 * the contract would lose what the text does not say, such as guards, costs and how a value is written.
 */
async function asSubgraph(schema: GraphQLSchema): Promise<GraphQLSchema> {
  const { query, types, ...others } = schema.toConfig();
  const session = schema.getType("Session");
  if (!query || !isObjectType(session)) throw new Error("the schema has no sessions to ask for");
  const sdl = await describeSubgraph(schema);
  const { fields, ...config } = query.toConfig();
  const extended: GraphQLObjectType<unknown, Context> = new GraphQLObjectType({
    ...config,
    fields: {
      ...fields,
      _entities: {
        description:
          "The sessions that another subgraph names by their IDs, each as from `session`; at most 1000, and as many as a\n" +
          "body has room for. Requires `sessions:read`.",
        type: new GraphQLNonNull(new GraphQLList(entityType(session))),
        args: { representations: { type: nonNullListOf(ANY) } },
        extensions: { complexity: perRepresentation },
        resolve: resolveEntities,
      },
      _service: {
        description: "This subgraph's schema, for a router. Every caller may ask.",
        type: new GraphQLNonNull(SERVICE),
        resolve: () => ({ sdl }),
      },
    },
  });
  for (const name of ["_entities", "_service"]) guardField(extended, name);
  const inOrder = types.map((type) => (type === query ? extended : type));
  return new GraphQLSchema({ ...others, types: inOrder, query: extended });
}

/** The names of these types are the specification's. */
const ANY = new GraphQLScalarType({ name: "_Any" });
const SERVICE = new GraphQLObjectType({ name: "_Service", fields: { sdl: { type: GraphQLString } } });

function entityType(session: GraphQLObjectType): GraphQLUnionType {
  return new GraphQLUnionType({ name: "_Entity", types: [session], resolveType: () => session.name });
}

function nonNullListOf(type: GraphQLScalarType) {
  return new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));
}

/** The contract with its directives, as @apollo/subgraph writes it when it finds nothing wrong. */
async function describeSubgraph(schema: GraphQLSchema): Promise<string> {
  let contract = printContract(schema);
  for (const [name, directive] of Object.entries(DIRECTIVES)) {
    const directed = contract.replace(`\ntype ${name} {\n`, `\ntype ${name} ${directive} {\n`);
    if (directed === contract) throw new Error(`the schema has no type ${name} to be found in its text`);
    contract = directed;
  }
  // Not read where there is no router.
  const { buildSubgraphSchema } = await import("@apollo/subgraph");
  const described = buildSubgraphSchema({ typeDefs: parse(`${LINK}\n\n${contract}`) });
  // Asked directly: from the package it has a graphql of its own, whose schemas ours does not execute.
  const resolve = described.getQueryType()?.getFields()._service?.resolve;
  if (!resolve) throw new Error("the schema is not described to a router");
  const { sdl } = resolve({}, {}, {}, {} as GraphQLResolveInfo) as { sdl: string };
  return sdl;
}
