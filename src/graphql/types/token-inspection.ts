import { Field, ID, ObjectType } from "type-graphql";
import { TokenFormat } from "../../domain/connection-token.ts";
import { Role } from "../../domain/role.ts";
import { type TokenInspection, TokenStatus } from "../../domain/token-inspection.ts";
import { DateTime } from "./date-time.ts";

@ObjectType("TokenInspection", {
  description: "What a token grants. If `status` is `INVALID`, only `status` and `reason` are set.",
  simpleResolvers: true,
})
export class TokenInspectionType implements Omit<TokenInspection, "id"> {
  @Field(() => TokenStatus, { description: "Whether a client can connect with the token." })
  status!: TokenStatus;

  @Field(() => String, { nullable: true, description: "Why the token is invalid, as text for people." })
  reason!: string | null;

  @Field(() => TokenFormat, { nullable: true, description: "The token format." })
  format!: TokenFormat | null;

  @Field(() => ID, { nullable: true, description: "The ID of the session that the token is for." })
  sessionId!: string | null;

  @Field(() => Role, { nullable: true, description: "What the client can do in the session." })
  role!: Role | null;

  @Field(() => String, { nullable: true, description: "The connection metadata." })
  data!: string | null;

  @Field(() => [String], { nullable: true, description: "The layout classes." })
  initialLayoutClassList!: readonly string[] | null;

  @Field(() => DateTime, { nullable: true, description: "When the token was generated; null if unknown." })
  createdAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: "When the token expires; null if it has no expiry or one after the year 9999.",
  })
  expiresAt!: Date | null;
}
