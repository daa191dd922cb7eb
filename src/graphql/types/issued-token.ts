import { Field, ID, ObjectType } from "type-graphql";
import { Role } from "../../domain/role.ts";
import { DateTime } from "./date-time.ts";

@ObjectType("IssuedToken", {
  description: "The record of a token that was issued. It holds no token.",
  simpleResolvers: true,
})
export class IssuedTokenType {
  @Field(() => ID, { description: "The token's own: its `jti`, or its `nonce` in the format `T1`." })
  id!: string;

  @Field(() => Role)
  role!: Role;

  @Field(() => String, { description: "Who asked for it: the caller's subject or the API key's name." })
  issuedTo!: string;

  @Field(() => DateTime)
  issuedAt!: Date;

  @Field(() => DateTime)
  expiresAt!: Date;
}
