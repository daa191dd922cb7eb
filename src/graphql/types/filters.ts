import { ArgsType, Field, ID, InputType } from "type-graphql";
import type { IssuedTokenFilter } from "../../domain/issued-token-filter.ts";
import { Role } from "../../domain/role.ts";
import type { SessionFilter } from "../../domain/session-filter.ts";
import { PageArgs } from "./args.ts";
import { DateTime } from "./date-time.ts";

@InputType("SessionFilter", {
  description: "Which sessions to list: those that meet every condition. One that is null is left out.",
})
export class SessionFilterInput implements SessionFilter {
  @Field(() => String, {
    nullable: true,
    description: "How the name begins. An empty text is every name. Not together with `name`.",
  })
  namePrefix?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The name, including sessions that it mapped to before.",
  })
  name?: string | null;

  @Field(() => DateTime, { nullable: true, description: "Created at this instant or later." })
  createdAfter?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Created before this instant." })
  createdBefore?: Date | null;
}

@InputType("IssuedTokenFilter", {
  description: "Which records to list: those that meet every condition. One that is null is left out.",
})
export class IssuedTokenFilterInput implements IssuedTokenFilter {
  @Field(() => ID, {
    nullable: true,
    description: "The token's own ID: its `jti`, or its `nonce` in the format `T1`.",
  })
  id?: string | null;

  @Field(() => ID, { nullable: true, description: "The session that the token is for." })
  sessionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Who asked for the token: the caller's subject or the API key's name.",
  })
  issuedTo?: string | null;

  @Field(() => Role, { nullable: true, description: "What the token lets a client do in the session." })
  role?: Role | null;

  @Field(() => DateTime, { nullable: true, description: "Issued at this instant or later." })
  issuedAfter?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Issued before this instant." })
  issuedBefore?: Date | null;
}

/** Which page of which sessions. */
@ArgsType()
export class SessionsArgs extends PageArgs {
  @Field(() => SessionFilterInput, {
    nullable: true,
    description: "Only these. Without it, all that you may see.",
  })
  filter?: SessionFilterInput | null;
}

/** Which page of which records. */
@ArgsType()
export class IssuedTokensArgs extends PageArgs {
  @Field(() => IssuedTokenFilterInput, {
    nullable: true,
    description: "Only these. Without it, those of all sessions that you may use.",
  })
  filter?: IssuedTokenFilterInput | null;
}
