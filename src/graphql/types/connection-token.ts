import { Field, ID, Int, ObjectType } from "type-graphql";
import { TokenFormat } from "../../domain/connection-token.ts";
import { Role } from "../../domain/role.ts";
import type { Session } from "../../domain/session.ts";
import { AT_HAND } from "../cost.ts";
import { DateTime } from "./date-time.ts";
import { SessionType } from "./session.ts";

@ObjectType("ConnectionToken", {
  description: "A token just generated. The server keeps no copy of it.",
  simpleResolvers: true,
})
export class ConnectionTokenType {
  @Field(() => String, {
    complexity: AT_HAND,
    description: "The token. Hand it to one client, and treat it as a secret until it expires.",
  })
  token!: string;

  @Field(() => ID, { complexity: AT_HAND })
  sessionId!: string;

  @Field(() => SessionType)
  session!: Session;

  @Field(() => ID, { complexity: AT_HAND })
  applicationId!: string;

  @Field(() => Role, { complexity: AT_HAND })
  role!: Role;

  @Field(() => String, { nullable: true, complexity: AT_HAND })
  data!: string | null;

  @Field(() => [String], { complexity: AT_HAND })
  initialLayoutClassList!: readonly string[];

  @Field(() => TokenFormat, { complexity: AT_HAND })
  format!: TokenFormat;

  @Field(() => DateTime, { complexity: AT_HAND })
  createdAt!: Date;

  @Field(() => DateTime, { complexity: AT_HAND })
  expiresAt!: Date;

  @Field(() => Int, {
    complexity: AT_HAND,
    description: "The same instant as `expiresAt`, in the unit that the argument takes.",
  })
  expireTime!: number;
}
