import { createUnionType, Field, ObjectType } from "type-graphql";
import type { TokenRefusal } from "../../domain/token-batch.ts";
import type { ErrorCode } from "../../errors.ts";
import { MESSAGE_VALUE, SHORT_VALUE } from "../limits/cost.ts";
import { ConnectionTokenType } from "./connection-token.ts";
import { ErrorCodes } from "./enums.ts";

@ObjectType("TokenRefusal", {
  description: "Why one of many tokens was not generated.",
  simpleResolvers: true,
})
export class TokenRefusalType implements TokenRefusal {
  @Field(() => ErrorCodes, {
    complexity: SHORT_VALUE,
    description: "The code of the error that `generateToken` would give for this request.",
  })
  code!: ErrorCode;

  @Field(() => String, { complexity: MESSAGE_VALUE, description: "The reason, for a person to read." })
  message!: string;

  @Field(() => String, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "The field of the request that breaks a rule, where one does.",
  })
  argument!: string | null;
}

/** What became of one of many requests. */
export const TokenOutcomeType = createUnionType({
  name: "TokenOutcome",
  description: "What became of one of many requests for a token.",
  types: () => [ConnectionTokenType, TokenRefusalType] as const,
  resolveType: (outcome) => ("token" in outcome ? ConnectionTokenType : TokenRefusalType),
});
