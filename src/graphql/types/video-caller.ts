import { ArgsType, Field, ID, Int, ObjectType } from "type-graphql";
import { ManageRule } from "../../access/permissions.ts";
import { Role } from "../../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode } from "../../domain/session.ts";
import type { PlannedAction } from "../../services/caller-permissions.ts";
import { DATA_VALUE, IDENTITY_VALUE, LIST_OF_NAMES, SESSION_ID_VALUE, SHORT_VALUE } from "../limits/cost.ts";
import { ActionNames } from "./enums.ts";

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

/** The action that a caller plans. */
@ArgsType()
export class CanArgs implements PlannedAction {
  @Field(() => ActionNames, { description: "What you plan to do." })
  action!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      "The session that it concerns. Without it, no session is checked, except that `BAN_IDENTITY` then means all.",
  })
  sessionId?: string | null;

  @Field(() => String, { nullable: true, description: "The room name that it concerns." })
  name?: string | null;

  @Field(() => Role, {
    nullable: true,
    description:
      "The role of the token. Without it, `generateTokens` checks none; one token is a `PUBLISHER`.",
  })
  role?: Role | null;
}

@ObjectType("MissingPermission", {
  description: "A permission that a caller lacks: the message and the extensions of the `FORBIDDEN` error.",
  simpleResolvers: true,
})
export class MissingPermission {
  @Field(() => String, { description: "The reason, as text for people." })
  message!: string;

  @Field(() => String, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "The missing scope, such as `tokens:create`.",
  })
  requiredScope!: string | null;

  @Field(() => Role, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "The role that your grant does not cover.",
  })
  requiredRole!: Role | null;

  @Field(() => ID, {
    nullable: true,
    complexity: SESSION_ID_VALUE,
    description: "The session that your grant does not cover; `*` means every session.",
  })
  requiredSession!: string | null;

  @Field(() => String, { nullable: true, description: "The room name that your grant does not cover." })
  requiredName!: string | null;

  @Field(() => ID, {
    nullable: true,
    complexity: SESSION_ID_VALUE,
    description: "The session in which you must be present as a moderator; `*` means every session.",
  })
  requiredModerator!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The unreadable part of your claims that may be the cause.",
  })
  problem!: string | null;
}

@ObjectType("Permission", {
  description: "Whether a caller may do something. Bans and quotas are not checked.",
  simpleResolvers: true,
})
export class Permission {
  @Field(() => Boolean, { complexity: SHORT_VALUE, description: "Whether you have the permission." })
  allowed!: boolean;

  @Field(() => MissingPermission, { nullable: true, description: "What you lack; null if you are allowed." })
  missing!: MissingPermission | null;
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
