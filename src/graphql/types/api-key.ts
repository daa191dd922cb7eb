import { ArgsType, Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { ApiKeyPreset } from "../../access/key-presets.ts";
import { ManageRule } from "../../access/permissions.ts";
import { Role } from "../../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode } from "../../domain/session.ts";
import { SHORT_VALUE } from "../limits/cost.ts";
import { DateTime } from "./date-time.ts";
import { VideoGrantType } from "./video-caller.ts";

@ObjectType("ApiKey", {
  description: "An API key of a caller. Its secret part is shown once, by `createApiKey`.",
  simpleResolvers: true,
})
export class ApiKeyType {
  @Field(() => ID, {
    complexity: SHORT_VALUE,
    description: "The public part of the key: the eight digits after `stagepass_`.",
  })
  id!: string;

  @Field(() => String, {
    complexity: SHORT_VALUE,
    description: "The name, which is unique among the keys that are not revoked.",
  })
  name!: string;

  @Field(() => [String], { description: "The scopes of the key." })
  scopes!: readonly string[];

  @Field(() => VideoGrantType, { description: "The limits on the tokens that the key can generate." })
  videoGrant!: VideoGrantType;

  @Field(() => DateTime, { complexity: SHORT_VALUE, description: "When it was created." })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "The start of the hour of its last use; null if it was never used.",
  })
  lastUsedAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "When it expires; null for never.",
  })
  expiresAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "When it was revoked; null if it was not.",
  })
  revokedAt!: Date | null;
}

@ObjectType("CreatedApiKey", {
  description: "A new API key. This answer is the only place that shows it.",
  simpleResolvers: true,
})
export class CreatedApiKeyType {
  @Field(() => String, {
    description:
      "The key, for the header `Authorization: Bearer` or `x-api-key`. Store it with your secrets.",
  })
  key!: string;

  @Field(() => ApiKeyType, { description: "What the server stores." })
  apiKey!: ApiKeyType;
}

@InputType("AllowedSessionOptionsInput", {
  description:
    "The values that a key can request for options of new sessions. An option that is left out is free.",
})
export class AllowedSessionOptionsInput {
  @Field(() => [MediaMode], { nullable: true, description: "The values of `mediaMode`." })
  mediaMode?: readonly MediaMode[] | null;

  @Field(() => [ArchiveMode], { nullable: true, description: "The values of `archiveMode`." })
  archiveMode?: readonly ArchiveMode[] | null;

  @Field(() => [ArchiveResolution], { nullable: true, description: "The values of `archiveResolution`." })
  archiveResolution?: readonly ArchiveResolution[] | null;

  @Field(() => [Boolean], { nullable: true, description: "The values of `e2ee`." })
  e2ee?: readonly boolean[] | null;
}

@InputType("VideoGrantInput", {
  description:
    'The limits on the tokens of a new key, as in a `video_grant` claim. Example: `{ roles: [PUBLISHER], names: ["class-*"] }`.\n' +
    "A list that is left out allows nothing. Any other member that is left out limits nothing.",
})
export class VideoGrantInput {
  @Field(() => [Role], { nullable: true, description: "The roles that it can grant." })
  roles?: readonly Role[] | null;

  @Field(() => [ID], {
    nullable: true,
    description: "The session IDs that it can use; `*` means every session.",
  })
  sessions?: readonly string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "The room names that it can use. `class-*` means every name that begins with `class-`.",
  })
  names?: readonly string[] | null;

  @Field(() => Int, { nullable: true, description: "The longest lifetime of a token, in seconds." })
  maxLifetime?: number | null;

  @Field(() => String, { nullable: true, description: "The `identity` of all its tokens." })
  identity?: string | null;

  @Field(() => String, { nullable: true, description: "The connection metadata of all its tokens." })
  data?: string | null;

  @Field(() => AllowedSessionOptionsInput, {
    nullable: true,
    description: "The options that it can request for new sessions.",
  })
  sessionOptions?: AllowedSessionOptionsInput | null;

  @Field(() => ManageRule, {
    nullable: true,
    description: "Where it can manage participants and bans. `AS_MODERATOR` needs `identity`.",
  })
  manage?: ManageRule | null;
}

/** The API key to create. */
@ArgsType()
export class CreateApiKeyArgs {
  @Field(() => String, {
    description:
      "The name: 1 to 100 letters, digits, or `.`, `_`, `@`, `-`. No other key in use can have it.",
  })
  name!: string;

  @Field(() => ApiKeyPreset, {
    nullable: true,
    description: "A prepared grant, instead of `scopes` and `videoGrant`.",
  })
  preset?: ApiKeyPreset | null;

  @Field(() => [String], {
    nullable: true,
    description: 'The scopes. Example: `["sessions:create", "tokens:create"]`.',
  })
  scopes?: readonly string[] | null;

  @Field(() => VideoGrantInput, {
    nullable: true,
    description: "The limits on its tokens. Without it, the key can use no session.",
  })
  videoGrant?: VideoGrantInput | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "The lifetime of the key, in seconds. Without it, the key does not expire, or expires with your own key.",
  })
  expiresIn?: number | null;
}

/** The API key to revoke. */
@ArgsType()
export class RevokeApiKeyArgs {
  @Field(() => String, { description: "The `name` of the key." })
  name!: string;
}
