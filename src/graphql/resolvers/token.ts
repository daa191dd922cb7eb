import { GRAPHQL_MAX_INT, type GraphQLResolveInfo } from "graphql";
import {
  Args,
  Ctx,
  FieldResolver,
  Info,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  UseMiddleware,
} from "type-graphql";
import type { ConnectionToken } from "../../domain/connection-token.ts";
import type { IssuancePeriod } from "../../domain/issuance.ts";
import type { IssuedToken } from "../../domain/issued-token.ts";
import type { Session } from "../../domain/session.ts";
import type { TokenOutcome } from "../../domain/token-batch.ts";
import type { TokenInspection } from "../../domain/token-inspection.ts";
import type { Context } from "../context.ts";
import { dear, perItem, perPeriod, perToken, SHORT_VALUE } from "../limits/cost.ts";
import type { Connection } from "../loaders.ts";
import { InspectTokenArgs, TokenArgs, TokenBatchArgs, TokenSessionArgs } from "../types/args.ts";
import { ConnectionTokenType } from "../types/connection-token.ts";
import { IssuedTokenConnection } from "../types/connections.ts";
import { IssuedTokensArgs } from "../types/filters.ts";
import { IssuancePeriodType, IssuancesArgs } from "../types/issuance.ts";
import { SessionType } from "../types/session.ts";
import { TokenInspectionType } from "../types/token-inspection.ts";
import { TokenOutcomeType } from "../types/token-outcome.ts";
import { inTurns } from "./in-turns.ts";
import { onlyInMutation } from "./only-in-mutation.ts";

/** How many outcomes are completed in one turn of the event loop. */
const PER_TURN = 50;

@Resolver(() => SessionType)
export class SessionTokenResolver {
  @FieldResolver(() => ConnectionTokenType, {
    nullable: true,
    description:
      "Generate a token for this session, as `Mutation.generateToken` does. Only inside a mutation: elsewhere it is an\n" +
      "error, because a token is never the side effect of reading. Your grant must cover the role, the session and the\n" +
      "token's lifetime.",
    complexity: dear,
  })
  @UseMiddleware(onlyInMutation)
  generateToken(
    @Root() { sessionId }: Session,
    @Args(() => TokenArgs) input: TokenArgs,
    @Ctx() { caller, tokens }: Context,
  ): Promise<ConnectionToken> {
    return tokens.generate(caller, sessionId, input);
  }
}

@Resolver(() => ConnectionTokenType)
export class TokenResolver {
  // The schema lists the arguments of the last @Args first.
  @Mutation(() => ConnectionTokenType, {
    nullable: true,
    description:
      "Generate a token with which one client can connect to a session. Your grant must cover the role, the session\n" +
      "and the token's lifetime.",
    complexity: dear,
  })
  generateToken(
    @Args(() => TokenArgs) input: TokenArgs,
    @Args(() => TokenSessionArgs) { sessionId }: TokenSessionArgs,
    @Ctx() { caller, tokens }: Context,
  ): Promise<ConnectionToken> {
    return tokens.generate(caller, sessionId, input);
  }

  @Mutation(() => [TokenOutcomeType], {
    nullable: true,
    description:
      "Generate many tokens for one session at once, each with its own outcome, in the order asked for. At most 1000.\n" +
      "A request that is refused does not spoil the others, and all the others are recorded together. Give the requests\n" +
      "in a variable. Your grant must cover the session; a role or lifetime beyond it refuses that token alone.",
    complexity: perToken,
  })
  async generateTokens(
    @Args(() => TokenBatchArgs) { sessionId, requests }: TokenBatchArgs,
    @Ctx() { caller, tokens, turn }: Context,
  ): Promise<Promise<TokenOutcome>[]> {
    return inTurns(await tokens.generateMany(caller, sessionId, requests), PER_TURN, turn);
  }

  @Query(() => TokenInspectionType, {
    nullable: true,
    description:
      "What a token grants, and whether a client could connect with it now. A token that is malformed,\n" +
      "foreign, forged or expired is an answer here, not an error. Only by POST: in a URL the token would be\n" +
      "logged.",
    complexity: dear,
  })
  inspectToken(
    @Args(() => InspectTokenArgs) { token }: InspectTokenArgs,
    @Ctx() { tokens }: Context,
  ): TokenInspection {
    return tokens.inspect(token);
  }

  @FieldResolver(() => Int, { nullable: true, complexity: SHORT_VALUE })
  expireTime(@Root() { expireTime }: ConnectionToken): number | null {
    return expireTime > GRAPHQL_MAX_INT ? null : expireTime;
  }

  @FieldResolver(() => SessionType, { nullable: true })
  session(
    @Root() { sessionId }: ConnectionToken,
    @Ctx() { loaders }: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Session> {
    return loaders.sessionOfToken(sessionId, info);
  }
}

@Resolver(() => TokenInspectionType)
export class TokenInspectionResolver {
  @FieldResolver(() => Boolean, {
    nullable: true,
    description: "Whether this server's database knows the session, as `Session.createdHere`.",
  })
  async createdHere(
    @Root() { sessionId }: TokenInspection,
    @Ctx() { loaders }: Context,
  ): Promise<boolean | null> {
    return sessionId === null ? null : (await loaders.sessionOfRecord(sessionId)).createdHere;
  }
}

@Resolver()
export class IssuanceResolver {
  @Query(() => IssuedTokenConnection, {
    nullable: true,
    description:
      "The tokens issued here for all sessions that you may use, for audits: by `issuedAt`, the latest first. With `id` or\n" +
      "`sessionId`, or where your grant has IDs of sessions alone, they are in the order of issuance, newest first.\n" +
      "A page looks through at most 1000 records. It may therefore have fewer than `first`, even none, while\n" +
      "`hasNextPage` is true: go on from `endCursor`. A cursor is good for lists in the same order.",
    complexity: perItem,
  })
  issuedTokens(
    @Args(() => IssuedTokensArgs) { filter, ...page }: IssuedTokensArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Connection<IssuedToken>> {
    return loaders.audit(page, filter ?? {});
  }

  @Query(() => [IssuancePeriodType], {
    nullable: true,
    description:
      "How many tokens were issued, by role, in each of the last periods, oldest first, for the sessions that you may see;\n" +
      "as far as the ledger goes back. Beyond its newest 500,000 records there are fewer periods than asked for, or none.",
    complexity: perPeriod,
  })
  issuances(
    @Args(() => IssuancesArgs) periods: IssuancesArgs,
    @Ctx() { caller, issuances }: Context,
  ): Promise<IssuancePeriod[]> {
    return issuances.count(caller, periods);
  }
}
