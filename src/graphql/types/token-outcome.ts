import { createUnionType, Field, ObjectType } from "type-graphql";
import type { TokenRefusal } from "../../domain/token-batch.ts";
import type { ErrorCode } from "../../errors.ts";
import { MESSAGE_VALUE, SHORT_VALUE } from "../limits/cost.ts";
import { ConnectionTokenType } from "./connection-token.ts";
import { ErrorCodes } from "./enums.ts";

@ObjectType("TokenRefusal", {
  description: "Why `generateTokens` did not generate one of the tokens.",
  simpleResolvers: true,
})
export class TokenRefusalType implements TokenRefusal {
  @Field(() => ErrorCodes, {
    complexity: SHORT_VALUE,
    description: "The error code that `generateToken` would return for this request.",
  })
  code!: ErrorCode;

  @Field(() => String, { complexity: MESSAGE_VALUE, description: "The reason, as text for people." })
  message!: string;

  @Field(() => String, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "The field of the request that is invalid, if any.",
  })
  argument!: string | null;
}

/** The type of the result of one request. */
export function typeOfOutcome(outcome: object): string {
  return "token" in outcome ? "ConnectionToken" : "TokenRefusal";
}

export const TokenOutcomeType = createUnionType({
  name: "TokenOutcome",
  description: "The result of one request of `generateTokens`: a token or a refusal.",
  types: () => [ConnectionTokenType, TokenRefusalType] as const,
});
