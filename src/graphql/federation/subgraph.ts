import {
  type DocumentNode,
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
  visit,
} from "graphql";
import type { Context } from "../context.ts";
import { guardField } from "../guard.ts";
import { perRepresentation } from "../limits/cost.ts";
import { createSchema, printContract } from "../schema.ts";
import { resolveEntities } from "./entities.ts";

const LINK = parse(
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])',
).definitions;

/** What a router is told of our types. Other subgraphs have a `PageInfo`, too, where they have pages. */
const DIRECTED = parse('type Session @key(fields: "sessionId") type PageInfo @shareable').definitions;

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
          "body has room for.",
        type: new GraphQLNonNull(new GraphQLList(entityType(session))),
        args: { representations: { type: nonNullListOf(ANY) } },
        extensions: { complexity: perRepresentation },
        resolve: resolveEntities,
      },
      _service: {
        description: "This subgraph's schema, for a router.",
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

/** The contract for a router, as @apollo/subgraph writes it when it finds nothing wrong. */
async function describeSubgraph(schema: GraphQLSchema): Promise<string> {
  // Not read where there is no router.
  const { buildSubgraphSchema } = await import("@apollo/subgraph");
  const described = buildSubgraphSchema({ typeDefs: forRouters(parse(printContract(schema))) });
  // Asked directly: from the package it has a graphql of its own, whose schemas ours does not execute.
  const resolve = described.getQueryType()?.getFields()._service?.resolve;
  if (!resolve) throw new Error("the schema is not described to a router");
  const { sdl } = resolve({}, {}, {}, {} as GraphQLResolveInfo) as { sdl: string };
  return sdl;
}

/** Without `Node` and `node`: other subgraphs may have their own, which ours would have to agree with. Direct callers have them. */
function forRouters(contract: DocumentNode): DocumentNode {
  const described = visit(contract, {
    InterfaceTypeDefinition: () => null,
    ObjectTypeDefinition: ({ name, fields = [], ...type }) => {
      const directed = DIRECTED.find((type) => "name" in type && type.name?.value === name.value);
      return {
        ...type,
        name,
        interfaces: [],
        directives: directed?.directives ?? [],
        fields: fields.filter((field) => name.value !== "Query" || field.name.value !== "node"),
      };
    },
  });
  return { ...described, definitions: [...LINK, ...described.definitions] };
}
