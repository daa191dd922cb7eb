import { Field, ID, Int, ObjectType } from "type-graphql";
import { TokenFormat } from "../../domain/connection-token.ts";
import { Role } from "../../domain/role.ts";
import type { Session } from "../../domain/session.ts";
import { SESSION_ID_VALUE, SHORT_VALUE, TOKEN_VALUE } from "../limits/cost.ts";
import { DateTime } from "./date-time.ts";
import { SessionType } from "./session.ts";

@ObjectType("ConnectionToken", {
  description: "A token just generated. The server keeps no copy of it.",
  simpleResolvers: true,
})
export class ConnectionTokenType {
  @Field(() => String, {
    complexity: TOKEN_VALUE,
    description: "The token. Hand it to one client, and treat it as a secret until it expires.",
  })
  token!: string;

  @Field(() => ID, {
    complexity: SHORT_VALUE,
    description:
      "The token's own: its `jti`, or its `nonce` in the format `T1`. Its record, an `IssuedToken`, has the same.",
  })
  id!: string;

  @Field(() => ID, { complexity: SESSION_ID_VALUE })
  sessionId!: string;

  @Field(() => SessionType, {
    nullable: true,
    description:
      "The session that the token is for. Whoever may generate the token may read it, without `sessions:read`.",
  })
  session!: Session | null;

  @Field(() => ID, { complexity: SHORT_VALUE })
  applicationId!: string;

  @Field(() => Role, { complexity: SHORT_VALUE })
  role!: Role;

  @Field(() => String, { nullable: true, complexity: SHORT_VALUE })
  data!: string | null;

  @Field(() => [String], { complexity: SHORT_VALUE })
  initialLayoutClassList!: readonly string[];

  @Field(() => TokenFormat, { complexity: SHORT_VALUE })
  format!: TokenFormat;

  @Field(() => DateTime, { complexity: SHORT_VALUE })
  createdAt!: Date;

  @Field(() => DateTime, { complexity: SHORT_VALUE })
  expiresAt!: Date;

  @Field(() => Int, {
    nullable: true,
    description:
      "The same instant as `expiresAt`, in the unit that the argument takes; null after 2038-01-19T03:14:07Z, the last\n" +
      "that an Int can be.",
  })
  expireTime!: number | null;
}
