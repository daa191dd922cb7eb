import "reflect-metadata";
import { type GraphQLSchema, isIntrospectionType, isSpecifiedScalarType, printType } from "graphql";
import { buildSchemaSync } from "type-graphql";
import { guardFields } from "./guard.ts";
import { passPlainArguments } from "./plain-arguments.ts";
import { IssuedTokenResolver, SessionLedgerResolver } from "./resolvers/issued-token.ts";
import { NodeResolver } from "./resolvers/node.ts";
import { SessionResolver } from "./resolvers/session.ts";
import {
  IssuanceResolver,
  SessionTokenResolver,
  TokenInspectionResolver,
  TokenResolver,
} from "./resolvers/token.ts";
import { VideoCallerResolver } from "./resolvers/video-caller.ts";
import { DateTime } from "./types/date-time.ts";
import "./types/enums.ts";

let schema: GraphQLSchema | undefined;

/** The executable schema, which is made once: type-graphql keeps one record of what decorators say for the whole process. */
export function createSchema(): GraphQLSchema {
  schema ??= buildSchema();
  return schema;
}

function buildSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      SessionResolver,
      SessionTokenResolver,
      SessionLedgerResolver,
      TokenResolver,
      TokenInspectionResolver,
      IssuedTokenResolver,
      IssuanceResolver,
      VideoCallerResolver,
      NodeResolver,
    ],
    scalarsMap: [{ type: Date, scalar: DateTime }],
    // The rules of the domain are stricter, and name the argument.
    validate: false,
    // Introspects the whole schema at each start; a test does so once.
    skipCheck: true,
  });
  passPlainArguments();
  guardFields(schema);
  describe(schema.getQueryType(), "Reads. Nothing here changes anything.");
  describe(schema.getMutationType(), "Writes. Each field is one action.");
  return schema;
}

/** type-graphql has no place for the description of a root type. */
function describe(type: { description: unknown } | null | undefined, description: string): void {
  if (type) type.description = description;
}

/** The order in which a person reads the contract. */
const READING_ORDER = [
  "Query",
  "Mutation",
  "Node",
  "Session",
  "ConnectionToken",
  "SessionFilter",
  "IssuedTokenFilter",
  "TokenRequest",
  "TokenOutcome",
  "TokenRefusal",
  "IssuedToken",
  "TokenInspection",
  "IssuancePeriod",
  "RoleCount",
  "VideoCaller",
  "VideoGrant",
  "VideoProject",
  "Role",
  "MediaMode",
  "ArchiveMode",
  "ArchiveResolution",
  "TokenFormat",
  "TokenStatus",
  "IssuanceInterval",
  "VideoPlatform",
  "ErrorCode",
  "SessionConnection",
  "SessionEdge",
  "IssuedTokenConnection",
  "IssuedTokenEdge",
  "PageInfo",
  "DateTime",
];

/** The contract as `schema.graphql` has it. */
export function printContract(schema: GraphQLSchema): string {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  const place = ({ name }: { name: string }) => {
    const index = READING_ORDER.indexOf(name);
    return index === -1 ? READING_ORDER.length : index;
  };
  return `${types
    .sort((a, b) => place(a) - place(b))
    .map(printType)
    .join("\n\n")}\n`;
}
