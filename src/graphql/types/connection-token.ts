import { Field, ID, Int, ObjectType } from "type-graphql";
import { TokenFormat } from "../../domain/connection-token.ts";
import { Role } from "../../domain/role.ts";
import type { Session } from "../../domain/session.ts";
import { DateTime } from "./date-time.ts";
import { SessionType } from "./session.ts";

@ObjectType("ConnectionToken", {
  description: "A token just generated. The server keeps no copy of it.",
  simpleResolvers: true,
})
export class ConnectionTokenType {
  @Field(() => String, {
    description: "The token. Hand it to one client, and treat it as a secret until it expires.",
  })
  token!: string;

  @Field(() => ID)
  sessionId!: string;

  @Field(() => SessionType)
  session!: Session;

  @Field(() => ID)
  applicationId!: string;

  @Field(() => Role)
  role!: Role;

  @Field(() => String, { nullable: true })
  data!: string | null;

  @Field(() => [String])
  initialLayoutClassList!: readonly string[];

  @Field(() => TokenFormat)
  format!: TokenFormat;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime)
  expiresAt!: Date;

  @Field(() => Int, {
    description: "The same instant as `expiresAt`, in the unit that the argument takes.",
  })
  expireTime!: number;
}
