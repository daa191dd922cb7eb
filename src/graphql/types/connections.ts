import { type ClassType, Field, Int, ObjectType } from "type-graphql";
import { COUNTED } from "../limits/cost.ts";
import { ApiKeyType } from "./api-key.ts";
import { BanType } from "./ban.ts";
import { IssuedTokenType } from "./issued-token.ts";
import { PageInfo } from "./page-info.ts";
import { ParticipantType } from "./participant.ts";
import { SessionType } from "./session.ts";

const TOTAL_COUNT = Field(() => Int, {
  nullable: true,
  description:
    "The length of the whole list, counted up to 10,000. Null if your filter or grant leaves out some of the first\n" +
    "10,000 rows and more rows follow.",
  complexity: COUNTED,
});

/** Declares no field. */
const noField: PropertyDecorator = () => {};

/**
 * Declares the types of a page, by the GraphQL Cursor Connections Specification.
 *
 * @param noun the name of an item in descriptions
 * @param total whether the page has `totalCount`
 */
function connectionOf<T extends object>(
  name: string,
  noun: string,
  nodeType: ClassType<T>,
  total = true,
): ClassType {
  @ObjectType(`${name}Edge`, {
    description: `One ${noun} of a page, with its cursor.`,
    simpleResolvers: true,
  })
  class Edge {
    @Field(() => String, { description: "The position in the list, for the argument `after`." })
    cursor!: string;

    @Field(() => nodeType, { description: `The ${noun}.` })
    node!: T;
  }

  @ObjectType(`${name}Connection`, { description: `One page of a list of ${noun}s.`, simpleResolvers: true })
  class Connection {
    @Field(() => [Edge], { description: `The ${noun}s of this page, with their cursors.` })
    edges!: readonly Edge[];

    @Field(() => [nodeType], { description: `The ${noun}s of this page.` })
    nodes!: readonly T[];

    @(total ? TOTAL_COUNT : noField)
    totalCount!: () => Promise<number | null>;

    @Field(() => PageInfo, { description: "Whether there are more pages, and where the next one begins." })
    pageInfo!: PageInfo;
  }
  return Connection;
}

export const ApiKeyConnection = connectionOf("ApiKey", "API key", ApiKeyType, false);
export const BanConnection = connectionOf("Ban", "ban", BanType, false);
export const SessionConnection = connectionOf("Session", "session", SessionType);
export const IssuedTokenConnection = connectionOf("IssuedToken", "issued token", IssuedTokenType);
/** Without `totalCount`: `Session.participantCount` counts the participants that are present. */
export const ParticipantConnection = connectionOf("Participant", "participant", ParticipantType, false);
