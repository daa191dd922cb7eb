import { type ClassType, Field, Int, ObjectType } from "type-graphql";
import { COUNTED } from "../limits/cost.ts";
import { IssuedTokenType } from "./issued-token.ts";
import { PageInfo } from "./page-info.ts";
import { SessionType } from "./session.ts";

/**
 * Declares the types of a page, as the GraphQL Cursor Connections Specification has them.
 *
 * @param noun what one item is called in descriptions
 */
function connectionOf<T extends object>(name: string, noun: string, nodeType: ClassType<T>): ClassType {
  @ObjectType(`${name}Edge`, {
    description: `One ${noun} of a page, with its place in the list.`,
    simpleResolvers: true,
  })
  class Edge {
    @Field(() => String)
    cursor!: string;

    @Field(() => nodeType)
    node!: T;
  }

  @ObjectType(`${name}Connection`, { description: `One page of a list of ${noun}s.`, simpleResolvers: true })
  class Connection {
    @Field(() => [Edge])
    edges!: readonly Edge[];

    @Field(() => [nodeType])
    nodes!: readonly T[];

    @Field(() => Int, {
      nullable: true,
      description:
        "How long the whole list is; counted up to 10,000. Counting looks through at most 10,000 rows: where a filter or\n" +
        "your grant leaves out some, and there are more rows to look through, it is null.",
      complexity: COUNTED,
    })
    totalCount!: () => Promise<number | null>;

    @Field(() => PageInfo)
    pageInfo!: PageInfo;
  }
  return Connection;
}

export const SessionConnection = connectionOf("Session", "session", SessionType);
export const IssuedTokenConnection = connectionOf("IssuedToken", "issued token", IssuedTokenType);
