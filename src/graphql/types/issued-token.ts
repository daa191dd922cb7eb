import { Field, ID, ObjectType } from "type-graphql";
import { Role } from "../../domain/role.ts";
import { DateTime } from "./date-time.ts";
import { NodeType } from "./node.ts";

@ObjectType("IssuedToken", {
  description: "The record of an issued token. It does not hold the token itself.",
  implements: NodeType,
  simpleResolvers: true,
})
export class IssuedTokenType extends NodeType {
  @Field(() => ID, { description: "The token's `jti`, or its `nonce` in the format `T1`." })
  override id!: string;

  @Field(() => ID, { description: "The ID of the session that the token is for." })
  sessionId!: string;

  @Field(() => Role, { description: "The role of the token." })
  role!: Role;

  @Field(() => String, {
    description: "The caller that generated the token: its subject, or the name of its API key.",
  })
  issuedTo!: string;

  @Field(() => String, {
    nullable: true,
    description: "The user that the token is for, in your application's own terms.",
  })
  identity!: string | null;

  @Field(() => DateTime, { description: "When the token was issued." })
  issuedAt!: Date;

  @Field(() => DateTime, { description: "When the token expires." })
  expiresAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When the token was revoked; null if it was not." })
  revokedAt!: Date | null;
}
