import { Field, Int, ObjectType } from "type-graphql";
import type { Session } from "../../domain/session.ts";
import { COUNTED } from "../limits/cost.ts";
import { PageInfo } from "./page-info.ts";
import { SessionType } from "./session.ts";

@ObjectType({ simpleResolvers: true })
export class SessionEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => SessionType)
  node!: Session;
}

@ObjectType({ simpleResolvers: true })
export class SessionConnection {
  @Field(() => [SessionEdge])
  edges!: readonly SessionEdge[];

  @Field(() => [SessionType])
  nodes!: readonly Session[];

  @Field(() => Int, {
    description: "How long the whole list is; counted up to 10,000.",
    complexity: COUNTED,
  })
  totalCount!: () => Promise<number>;

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}
