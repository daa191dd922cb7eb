import { Field, ObjectType } from "type-graphql";

@ObjectType({ description: "The position of a page in its list.", simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether another page follows." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether a page comes before this one." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "The cursor of the first item." })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "The value of `after` for the next page." })
  endCursor!: string | null;
}
