import { ArgsType, Field, ID, InputType } from "type-graphql";
import type { IssuedTokenFilter } from "../../domain/issued-token-filter.ts";
import { Role } from "../../domain/role.ts";
import type { SessionFilter } from "../../domain/session-filter.ts";
import { PageArgs } from "./args.ts";
import { DateTime } from "./date-time.ts";

@InputType("SessionFilter", {
  description:
    'Lists the sessions that meet every condition. A null condition is ignored. Example: `{ namePrefix: "class-" }`.',
})
export class SessionFilterInput implements SessionFilter {
  @Field(() => String, {
    nullable: true,
    description:
      "The start of the room name. An empty string matches every name. Do not combine it with `name`.",
  })
  namePrefix?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The room name. Finds its current session and its earlier ones.",
  })
  name?: string | null;

  @Field(() => DateTime, { nullable: true, description: "Created at this time or later." })
  createdAfter?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Created before this time." })
  createdBefore?: Date | null;
}

@InputType("IssuedTokenFilter", {
  description:
    "Lists the issued tokens that meet every condition. A null condition is ignored. Example: `{ role: MODERATOR }`.",
})
export class IssuedTokenFilterInput implements IssuedTokenFilter {
  @Field(() => ID, {
    nullable: true,
    description: "The token's `jti`, or its `nonce` in the format `T1`.",
  })
  id?: string | null;

  @Field(() => ID, { nullable: true, description: "The ID of the session that the token is for." })
  sessionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The caller that generated the token: its subject, or the name of its API key.",
  })
  issuedTo?: string | null;

  @Field(() => Role, { nullable: true, description: "The role of the token." })
  role?: Role | null;

  @Field(() => DateTime, { nullable: true, description: "Issued at this time or later." })
  issuedAfter?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Issued before this time." })
  issuedBefore?: Date | null;
}

/** The page and filter of a list of sessions. */
@ArgsType()
export class SessionsArgs extends PageArgs {
  @Field(() => SessionFilterInput, {
    nullable: true,
    description: "Lists only these sessions. The default is every session that you may see.",
  })
  filter?: SessionFilterInput | null;
}

/** The page and filter of a list of issued tokens. */
@ArgsType()
export class IssuedTokensArgs extends PageArgs {
  @Field(() => IssuedTokenFilterInput, {
    nullable: true,
    description: "Lists only these tokens. The default is the tokens of every session that you may use.",
  })
  filter?: IssuedTokenFilterInput | null;
}
