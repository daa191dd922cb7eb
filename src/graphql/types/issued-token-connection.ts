import { Field, Int, ObjectType } from "type-graphql";
import type { IssuedToken } from "../../domain/issued-token.ts";
import { COUNTED } from "../limits/cost.ts";
import { IssuedTokenType } from "./issued-token.ts";
import { PageInfo } from "./page-info.ts";

@ObjectType({ simpleResolvers: true })
export class IssuedTokenEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => IssuedTokenType)
  node!: IssuedToken;
}

@ObjectType({ simpleResolvers: true })
export class IssuedTokenConnection {
  @Field(() => [IssuedTokenEdge])
  edges!: readonly IssuedTokenEdge[];

  @Field(() => [IssuedTokenType])
  nodes!: readonly IssuedToken[];

  @Field(() => Int, {
    description: "How long the whole list is; counted up to 10,000.",
    complexity: COUNTED,
  })
  totalCount!: () => Promise<number>;

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}
