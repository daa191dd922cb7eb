import { Field, ID, Int, ObjectType } from "type-graphql";
import { Role } from "../../domain/role.ts";
import { LIST_OF_NAMES } from "../limits/cost.ts";

@ObjectType("VideoGrant", {
  description: "Which tokens a caller may have generated; the claim `video_grant` of its credential.",
  simpleResolvers: true,
})
export class VideoGrantType {
  @Field(() => [Role], { description: "The roles that they may have." })
  roles!: readonly Role[];

  @Field(() => [ID], {
    complexity: LIST_OF_NAMES,
    description: "The IDs of the sessions that may be used; `*` is every session.",
  })
  sessions!: readonly string[];

  @Field(() => [String], {
    complexity: LIST_OF_NAMES,
    description: "The names of sessions that may be used; one that ends in `*` is every name that begins so.",
  })
  names!: readonly string[];

  @Field(() => Int, { description: "How long they may live at most, in seconds." })
  maxLifetime!: number;
}

@ObjectType({ description: "Who asks, and what it may do here.", simpleResolvers: true })
export class VideoCaller {
  @Field(() => ID, {
    description: "Unique among callers, but that those whose JWTs have no subject share their issuer's.",
  })
  id!: string;

  @Field(() => String, {
    description:
      "The subject of its JWT, or the name of its API key; `local` where nobody is asked for a credential.",
  })
  subject!: string;

  @Field(() => [String], { description: "What it may do at all, such as `sessions:create`." })
  scopes!: readonly string[];

  @Field(() => VideoGrantType)
  videoGrant!: VideoGrantType;
}
