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

/** The directives of our types for routers. Other subgraphs with pages also have a `PageInfo`. */
const DIRECTED = parse('type Session @key(fields: "sessionId") type PageInfo @shareable').definitions;

let subgraph: Promise<GraphQLSchema> | undefined;

/** The executable schema as a subgraph of Apollo Federation 2, with the two fields for routers. Built once. */
export function createSubgraphSchema(): Promise<GraphQLSchema> {
  subgraph ??= asSubgraph(createSchema());
  return subgraph;
}

/**
 * Adds the two fields to Query and keeps all other types. Types built from the contract's text would lose what the text does
 * not contain, such as guards, costs and serialization.
 */
async function asSubgraph(schema: GraphQLSchema): Promise<GraphQLSchema> {
  const { query, types, ...others } = schema.toConfig();
  const session = schema.getType("Session");
  if (!query || !isObjectType(session)) throw new Error("the schema has no type Session");
  const sdl = await describeSubgraph(schema);
  const { fields, ...config } = query.toConfig();
  const extended: GraphQLObjectType<unknown, Context> = new GraphQLObjectType({
    ...config,
    fields: {
      ...fields,
      _entities: {
        description:
          "The sessions that another subgraph references by ID, each as from `session`. At most 1000, and no more than\n" +
          "fit into a request body.",
        type: new GraphQLNonNull(new GraphQLList(entityType(session))),
        args: { representations: { type: nonNullListOf(ANY), description: "The references, at most 1000." } },
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

/** The specification defines the names of these types. */
const ANY = new GraphQLScalarType({ name: "_Any", description: "A reference to an entity." });
const SERVICE = new GraphQLObjectType({
  name: "_Service",
  description: "This subgraph.",
  fields: { sdl: { type: GraphQLString, description: "The schema, in the schema definition language." } },
});

function entityType(session: GraphQLObjectType): GraphQLUnionType {
  const description = "An entity of this subgraph.";
  return new GraphQLUnionType({
    name: "_Entity",
    description,
    types: [session],
    resolveType: () => session.name,
  });
}

function nonNullListOf(type: GraphQLScalarType) {
  return new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));
}

/** The contract for routers, validated and written by @apollo/subgraph. */
async function describeSubgraph(schema: GraphQLSchema): Promise<string> {
  // Loaded only for a subgraph.
  const { buildSubgraphSchema } = await import("@apollo/subgraph");
  const described = buildSubgraphSchema({ typeDefs: forRouters(parse(printContract(schema))) });
  // Calls the resolver directly: the package bundles its own graphql, whose schemas ours cannot execute.
  const resolve = described.getQueryType()?.getFields()._service?.resolve;
  if (!resolve) throw new Error("@apollo/subgraph built no _service field");
  const { sdl } = resolve({}, {}, {}, {} as GraphQLResolveInfo) as { sdl: string };
  return sdl;
}

/**
 * Removes `Node` and `node`, which could conflict with those of other subgraphs, and subscriptions, which a router takes over another
 * protocol. Direct callers keep them.
 */
function forRouters(contract: DocumentNode): DocumentNode {
  const described = visit(contract, {
    InterfaceTypeDefinition: () => null,
    ObjectTypeDefinition: ({ name, fields = [], ...type }) => {
      if (name.value === "Subscription") return null;
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
