import "reflect-metadata";
import {
  defaultFieldResolver,
  type GraphQLSchema,
  isAbstractType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  printType,
} from "graphql";
import { buildSchemaSync } from "type-graphql";
import { guardFields } from "./guard.ts";
import { passPlainArguments } from "./plain-arguments.ts";
import { ApiKeyResolver } from "./resolvers/api-key.ts";
import { BanResolver } from "./resolvers/ban.ts";
import { IssuedTokenResolver, SessionLedgerResolver } from "./resolvers/issued-token.ts";
import { ModerationResolver } from "./resolvers/moderation.ts";
import { NodeResolver } from "./resolvers/node.ts";
import { ParticipantResolver, SessionParticipantsResolver } from "./resolvers/participant.ts";
import { ParticipantChangedResolver } from "./resolvers/participant-changed.ts";
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
import { typeOfNode } from "./types/node.ts";
import { typeOfOutcome } from "./types/token-outcome.ts";

let schema: GraphQLSchema | undefined;

/** The executable schema, built once, because type-graphql keeps one registry of decorators for each process. */
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
      SessionParticipantsResolver,
      TokenResolver,
      TokenInspectionResolver,
      IssuedTokenResolver,
      IssuanceResolver,
      ParticipantResolver,
      ParticipantChangedResolver,
      ModerationResolver,
      BanResolver,
      ApiKeyResolver,
      VideoCallerResolver,
      NodeResolver,
    ],
    scalarsMap: [{ type: Date, scalar: DateTime }],
    // type-graphql requires it, even if every subscription has its own source.
    pubSub: { publish() {}, subscribe: () => NO_TOPICS },
    // The domain's rules are stricter, and they name the argument.
    validate: false,
    // It introspects the whole schema at each start; a test does it once.
    skipCheck: true,
  });
  passPlainArguments();
  guardFields(schema);
  resolveWithoutWaiting(schema);
  describe(schema.getQueryType(), "Read operations.");
  describe(schema.getMutationType(), "Write operations. The fields of one mutation run one after another.");
  describe(
    schema.getSubscriptionType(),
    "Subscriptions, over a WebSocket at the same path (`graphql-transport-ws`).",
  );
  return schema;
}

/** The functions that find the type of a value. */
const TYPE_OF: Readonly<Record<string, (value: object) => string>> = {
  Node: typeOfNode,
  TokenOutcome: typeOfOutcome,
};

/**
 * Prepares the schema for compiled execution, which does not wait for the type of a value, as type-graphql does for each. It calls a
 * method of a value, such as `totalCount`, only as a resolver.
 */
function resolveWithoutWaiting(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    const typeOf = TYPE_OF[type.name];
    if (isAbstractType(type) && typeOf) type.resolveType = typeOf;
    const total = isObjectType(type) && type.getFields().totalCount;
    if (total) total.resolve ??= defaultFieldResolver;
  }
}

const NO_TOPICS: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ value: undefined, done: true }) }),
};

/** type-graphql cannot describe a root type. */
function describe(type: { description: unknown } | null | undefined, description: string): void {
  if (type) type.description = description;
}

/** The order of the types in `schema.graphql`, for people. */
const READING_ORDER = [
  "Query",
  "Mutation",
  "Subscription",
  "Node",
  "Session",
  "Participant",
  "Stream",
  "ConnectionToken",
  "SessionFilter",
  "IssuedTokenFilter",
  "TokenRequest",
  "TokenOutcome",
  "TokenRefusal",
  "IssuedToken",
  "Ban",
  "BanRequest",
  "BanFilter",
  "TokenInspection",
  "IssuancePeriod",
  "RoleCount",
  "VideoCaller",
  "VideoGrant",
  "Permission",
  "MissingPermission",
  "VideoProject",
  "Action",
  "Role",
  "LeaveReason",
  "VideoType",
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
  "ParticipantConnection",
  "ParticipantEdge",
  "IssuedTokenConnection",
  "IssuedTokenEdge",
  "BanConnection",
  "BanEdge",
  "PageInfo",
  "DateTime",
];

/** The text of `schema.graphql`. */
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
