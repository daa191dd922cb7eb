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

/** The outcomes completed in one tick of the event loop. */
const PER_TURN = 50;

@Resolver(() => SessionType)
export class SessionTokenResolver {
  @FieldResolver(() => ConnectionTokenType, {
    nullable: true,
    description:
      "Generate a token for this session, as `Mutation.generateToken` does. Works only in a mutation.\n" +
      "Example: `createSession { sessionId generateToken { token } }`.\n" +
      "Your grant must cover the role, the session and the lifetime.",
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
      "Generate a token for one client. Example: `generateToken(sessionId: $id, role: PUBLISHER) { token }`.\n" +
      "Your grant must cover the role, the session and the lifetime.",
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
      "Generate up to 1000 tokens for one session. Each request has its own outcome, in the same order. A refused\n" +
      "request does not affect the others, which the server records together. Your grant must cover the session. If\n" +
      "a role or lifetime exceeds your grant, only that token is refused.",
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
      "What a token grants, and whether a client can connect with it now. A malformed, foreign, forged or expired\n" +
      "token is a result, not an error. Works only by POST: a GET puts the token into the URL, which proxies log.",
    complexity: dear,
  })
  inspectToken(
    @Args(() => InspectTokenArgs) { token }: InspectTokenArgs,
    @Ctx() { loaders }: Context,
  ): Promise<TokenInspection> {
    return loaders.inspect(token);
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
    description: "Whether this server's database has the session. The same as `Session.createdHere`.",
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
      "The tokens issued here for every session that you may use, sorted by `issuedAt`, latest first. With `id` or\n" +
      "`sessionId`, or if your grant has only session IDs, they are in the order of issuance, newest first. A page\n" +
      "reads at most 1000 records, so it can be short or empty while `hasNextPage` is true: continue with `endCursor`.",
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
      "The number of tokens issued in each of the last periods, by role, oldest period first. It counts the newest\n" +
      "500,000 records, for the sessions that you may see, and omits periods that go further back.",
    complexity: perPeriod,
  })
  issuances(
    @Args(() => IssuancesArgs) periods: IssuancesArgs,
    @Ctx() { caller, issuances }: Context,
  ): Promise<IssuancePeriod[]> {
    return issuances.count(caller, periods);
  }
}
