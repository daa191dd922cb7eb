import { Field, ID, Int, ObjectType } from "type-graphql";
import { ManageRule } from "../../access/permissions.ts";
import { Role } from "../../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode } from "../../domain/session.ts";
import { DATA_VALUE, IDENTITY_VALUE, LIST_OF_NAMES } from "../limits/cost.ts";

@ObjectType("AllowedSessionOptions", {
  description:
    "The values that a caller can request for options of new sessions. Null if it can request every value.",
  simpleResolvers: true,
})
export class AllowedSessionOptions {
  @Field(() => [MediaMode], { nullable: true, description: "The values of `mediaMode`." })
  mediaMode!: readonly MediaMode[] | null;

  @Field(() => [ArchiveMode], { nullable: true, description: "The values of `archiveMode`." })
  archiveMode!: readonly ArchiveMode[] | null;

  @Field(() => [ArchiveResolution], { nullable: true, description: "The values of `archiveResolution`." })
  archiveResolution!: readonly ArchiveResolution[] | null;

  @Field(() => [Boolean], { nullable: true, description: "The values of `e2ee`." })
  e2ee!: readonly boolean[] | null;
}

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

  @Field(() => String, {
    nullable: true,
    complexity: IDENTITY_VALUE,
    description: "The `identity` of all tokens of the caller; null if it can choose.",
  })
  identity!: string | null;

  @Field(() => String, {
    nullable: true,
    complexity: DATA_VALUE,
    description: "The connection metadata of all tokens of the caller; null if it can choose.",
  })
  data!: string | null;

  @Field(() => AllowedSessionOptions, {
    description: "The options that the caller can request for new sessions.",
  })
  sessionOptions!: AllowedSessionOptions;

  @Field(() => ManageRule, {
    nullable: true,
    description: "Where the caller can manage participants and bans; null for all its sessions.",
  })
  manage!: ManageRule | null;
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
