import { ArgsType, Field, ID, InputType, ObjectType } from "type-graphql";
import type { Ban, BanFilter } from "../../domain/ban.ts";
import { IDENTITY_VALUE, SESSION_ID_VALUE, SHORT_VALUE } from "../limits/cost.ts";
import { PageArgs } from "./args.ts";
import { DateTime } from "./date-time.ts";
import { NodeType } from "./node.ts";
import { ParticipantArgs } from "./participant.ts";

@ObjectType("Ban", {
  description:
    "A rule that keeps somebody out of one session or of all sessions. No token is issued to them, and they are removed.",
  implements: NodeType,
  simpleResolvers: true,
})
export class BanType extends NodeType implements Ban {
  @Field(() => ID, {
    complexity: SHORT_VALUE,
    description: "The global ID, for `liftBan` and `Query.node`.",
  })
  override id!: string;

  @Field(() => String, {
    nullable: true,
    complexity: IDENTITY_VALUE,
    description: "The identity that it keeps out. Null if it keeps out tokens with certain connection data.",
  })
  identity!: string | null;

  @Field(() => ID, {
    nullable: true,
    complexity: SESSION_ID_VALUE,
    description: "The ID of its session; null for all sessions.",
  })
  sessionId!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "When it ends by itself; null for never.",
  })
  until!: Date | null;

  @Field(() => DateTime, { complexity: SHORT_VALUE, description: "When it was created." })
  createdAt!: Date;

  @Field(() => String, {
    description: "The caller that created it: its subject, or the name of its API key.",
  })
  createdBy!: string;

  @Field(() => DateTime, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "When it was lifted; null if it was not.",
  })
  liftedAt!: Date | null;

  @Field(() => Boolean, {
    complexity: SHORT_VALUE,
    description: "Whether it keeps anybody out now: it is not lifted, and has not ended.",
  })
  isActive!: boolean;
}

@InputType("BanRequest", {
  description: 'A ban that goes with a removal. Example: `{ until: "2027-01-31T18:00:00Z" }`.',
})
export class BanRequestInput {
  @Field(() => DateTime, { nullable: true, description: "When the ban ends; leave it out for never." })
  until?: Date | null;
}

@InputType("BanFilter", {
  description:
    "Lists the bans that meet every condition. A null condition is ignored. Example: `{ active: true }`.",
})
export class BanFilterInput implements BanFilter {
  @Field(() => String, { nullable: true, description: "The identity that the ban keeps out." })
  identity?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "The ID of the ban's session. Bans of all sessions do not match.",
  })
  sessionId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "With true, only bans that keep somebody out now match; with false, only the others.",
  })
  active?: boolean | null;
}

/** The page and filter of a list of bans. */
@ArgsType()
export class BansArgs extends PageArgs {
  @Field(() => BanFilterInput, {
    nullable: true,
    description: "Lists only these bans. The default is every ban that you may see.",
  })
  filter?: BanFilterInput | null;
}

/** The ban to add. */
@ArgsType()
export class BanIdentityArgs {
  @Field(() => String, { description: "The identity to keep out, as `generateToken` takes it." })
  identity!: string;

  @Field(() => ID, {
    nullable: true,
    description: "The session. Leave it out for all sessions, which your grant must cover.",
  })
  sessionId?: string | null;

  @Field(() => DateTime, { nullable: true, description: "When the ban ends; leave it out for never." })
  until?: Date | null;
}

/** The ban to lift. */
@ArgsType()
export class BanArgs {
  @Field(() => ID, { description: "The `id` of the ban." })
  id!: string;
}

/** The token to revoke. */
@ArgsType()
export class RevokeTokenArgs {
  @Field(() => ID, {
    description: "The `id` of the issued token: its `jti`, or its `nonce` in the format `T1`.",
  })
  id!: string;
}

/** The participant to remove. */
@ArgsType()
export class RemoveParticipantArgs extends ParticipantArgs {
  @Field(() => BanRequestInput, {
    nullable: true,
    description:
      "Also keep it out of its session. The ban applies to its identity, or without one to its connection data.\n" +
      "Needs `bans:manage`.",
  })
  ban?: BanRequestInput | null;
}
