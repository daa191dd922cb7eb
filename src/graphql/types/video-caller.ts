import { Field, ID, Int, ObjectType } from "type-graphql";
import { Role } from "../../domain/role.ts";
import { LIST_OF_NAMES } from "../limits/cost.ts";

@ObjectType("VideoGrant", {
  description:
    "The limits on the tokens that a caller can generate, from its API key or the `video_grant` claim of its JWT.",
  simpleResolvers: true,
})
export class VideoGrantType {
  @Field(() => [Role], { description: "The roles that the caller can grant." })
  roles!: readonly Role[];

  @Field(() => [ID], {
    complexity: LIST_OF_NAMES,
    description: "The session IDs that the caller can use; `*` means every session.",
  })
  sessions!: readonly string[];

  @Field(() => [String], {
    complexity: LIST_OF_NAMES,
    description:
      "The room names that the caller can use. `class-*` means every name that begins with `class-`.",
  })
  names!: readonly string[];

  @Field(() => Int, { description: "The longest lifetime of a token, in seconds." })
  maxLifetime!: number;
}

@ObjectType({ description: "The caller and its permissions.", simpleResolvers: true })
export class VideoCaller {
  @Field(() => ID, {
    description: "The caller's unique ID. JWTs of one issuer that have no subject share an ID.",
  })
  id!: string;

  @Field(() => String, {
    description:
      "The JWT's subject, which may be empty, or the API key's name. `local` if the server runs without authentication.",
  })
  subject!: string;

  @Field(() => [String], {
    description: 'The scopes of the caller. Example: `["sessions:create", "tokens:create"]`.',
  })
  scopes!: readonly string[];

  @Field(() => VideoGrantType, { description: "The limits on the tokens that the caller can generate." })
  videoGrant!: VideoGrantType;
}
