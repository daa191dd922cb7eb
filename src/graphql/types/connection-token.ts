import { Field, ID, Int, ObjectType } from "type-graphql";
import { TokenFormat } from "../../domain/connection-token.ts";
import { Role } from "../../domain/role.ts";
import type { Session } from "../../domain/session.ts";
import { SESSION_ID_VALUE, SHORT_VALUE, TOKEN_VALUE } from "../limits/cost.ts";
import { DateTime } from "./date-time.ts";
import { SessionType } from "./session.ts";

@ObjectType("ConnectionToken", {
  description: "A token that was just generated. The server keeps no copy.",
  simpleResolvers: true,
})
export class ConnectionTokenType {
  @Field(() => String, {
    complexity: TOKEN_VALUE,
    description: "The token. Give it to one client, and keep it secret until it expires.",
  })
  token!: string;

  @Field(() => ID, {
    complexity: SHORT_VALUE,
    description:
      "The token's `jti`, or its `nonce` in the format `T1`. The token's `IssuedToken` has the same ID.",
  })
  id!: string;

  @Field(() => ID, {
    complexity: SESSION_ID_VALUE,
    description: "The ID of the session that the token is for.",
  })
  sessionId!: string;

  @Field(() => SessionType, {
    nullable: true,
    description: "The session that the token is for. You can read it without `sessions:read`.",
  })
  session!: Session | null;

  @Field(() => ID, {
    complexity: SHORT_VALUE,
    description: "The OpenTok API key or the Vonage application ID. The client SDK needs it to connect.",
  })
  applicationId!: string;

  @Field(() => Role, { complexity: SHORT_VALUE, description: "What the client can do in the session." })
  role!: Role;

  @Field(() => String, { nullable: true, complexity: SHORT_VALUE, description: "The connection metadata." })
  data!: string | null;

  @Field(() => String, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "The user that the token is for, in your application's own terms.",
  })
  identity!: string | null;

  @Field(() => [String], {
    complexity: SHORT_VALUE,
    description: "The layout classes of the client's streams.",
  })
  initialLayoutClassList!: readonly string[];

  @Field(() => TokenFormat, { complexity: SHORT_VALUE, description: "The token format." })
  format!: TokenFormat;

  @Field(() => DateTime, { complexity: SHORT_VALUE, description: "When the token was generated." })
  createdAt!: Date;

  @Field(() => DateTime, { complexity: SHORT_VALUE, description: "When the token expires." })
  expiresAt!: Date;

  @Field(() => Int, {
    nullable: true,
    description:
      "`expiresAt` in seconds since the Unix epoch. Null after 2038-01-19T03:14:07Z, the limit of `Int`.",
  })
  expireTime!: number | null;
}
