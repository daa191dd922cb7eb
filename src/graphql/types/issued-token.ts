import { Field, ID, ObjectType } from "type-graphql";
import { Role } from "../../domain/role.ts";
import { DateTime } from "./date-time.ts";
import { NodeType } from "./node.ts";

@ObjectType("IssuedToken", {
  description: "The record of a token that was issued. It holds no token.",
  implements: NodeType,
  simpleResolvers: true,
})
export class IssuedTokenType extends NodeType {
  @Field(() => ID, { description: "The token's own: its `jti`, or its `nonce` in the format `T1`." })
  override id!: string;

  @Field(() => ID, { description: "The session that the token is for." })
  sessionId!: string;

  @Field(() => Role)
  role!: Role;

  @Field(() => String, { description: "Who asked for it: the caller's subject or the API key's name." })
  issuedTo!: string;

  @Field(() => DateTime)
  issuedAt!: Date;

  @Field(() => DateTime)
  expiresAt!: Date;
}
