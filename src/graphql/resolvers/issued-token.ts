import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from "type-graphql";
import type { IssuedToken } from "../../domain/issued-token.ts";
import type { Participant } from "../../domain/participant.ts";
import type { Session } from "../../domain/session.ts";
import type { Context } from "../context.ts";
import { participantsOfOne, perItem } from "../limits/cost.ts";
import type { Connection } from "../loaders.ts";
import { PageArgs } from "../types/args.ts";
import { IssuedTokenConnection } from "../types/connections.ts";
import { IssuedTokenType } from "../types/issued-token.ts";
import { ParticipantType } from "../types/participant.ts";
import { SessionType } from "../types/session.ts";

@Resolver(() => SessionType)
export class SessionLedgerResolver {
  @FieldResolver(() => IssuedTokenConnection, {
    nullable: true,
    description: "The tokens issued here for this session, newest first.",
    complexity: perItem,
  })
  issuedTokens(
    @Root() session: Session,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders }: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection<IssuedToken>> {
    return loaders.issuedTokens(session, page, info);
  }
}

@Resolver(() => IssuedTokenType)
export class IssuedTokenResolver {
  @FieldResolver(() => SessionType, { nullable: true, description: "The session that the token is for." })
  async session(@Root() { sessionId }: IssuedToken, @Ctx() { loaders }: Context): Promise<Session> {
    return loaders.sessionOfRecord(sessionId);
  }

  @FieldResolver(() => [ParticipantType], {
    nullable: true,
    description: "The participants that joined with the token, latest first: the 10 latest of more.",
    complexity: participantsOfOne,
  })
  usedBy(@Root() { id }: IssuedToken, @Ctx() { loaders }: Context): Promise<Participant[]> {
    return loaders.participants.ofToken(id);
  }
}
