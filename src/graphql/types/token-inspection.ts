import { Field, ID, ObjectType } from "type-graphql";
import { TokenFormat } from "../../domain/connection-token.ts";
import { Role } from "../../domain/role.ts";
import { type TokenInspection, TokenStatus } from "../../domain/token-inspection.ts";
import { DateTime } from "./date-time.ts";

/** The domain's inspection of a token. */
@ObjectType("TokenInspection", {
  description:
    "What a token grants. Every field but `status` and `reason` is null when `status` is `INVALID`.",
  simpleResolvers: true,
})
export class TokenInspectionType implements TokenInspection {
  @Field(() => TokenStatus)
  status!: TokenStatus;

  @Field(() => String, { nullable: true, description: "Why it is invalid, for a person to read." })
  reason!: string | null;

  @Field(() => TokenFormat, { nullable: true })
  format!: TokenFormat | null;

  @Field(() => ID, { nullable: true })
  sessionId!: string | null;

  @Field(() => Role, { nullable: true })
  role!: Role | null;

  @Field(() => String, { nullable: true })
  data!: string | null;

  @Field(() => [String], { nullable: true })
  initialLayoutClassList!: readonly string[] | null;

  @Field(() => DateTime, { nullable: true })
  createdAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: "When it stops working; null when it names no end, or none before the year 10000.",
  })
  expiresAt!: Date | null;
}
