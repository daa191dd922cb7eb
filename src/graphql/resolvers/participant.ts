import { Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import type { IssuedToken } from "../../domain/issued-token.ts";
import type { Participant, ParticipantStream } from "../../domain/participant.ts";
import type { Session } from "../../domain/session.ts";
import type { Page } from "../../services/page.ts";
import type { Context } from "../context.ts";
import { COUNTED, perItem, streamsOfOne } from "../limits/cost.ts";
import { ParticipantConnection } from "../types/connections.ts";
import { IssuedTokenType } from "../types/issued-token.ts";
import { ParticipantArgs, ParticipantsArgs, ParticipantType, StreamType } from "../types/participant.ts";
import { SessionType } from "../types/session.ts";

@Resolver(() => SessionType)
export class SessionParticipantsResolver {
  @FieldResolver(() => ParticipantConnection, {
    nullable: true,
    description: "The participants of this session, by `joinedAt`, latest first.",
    complexity: perItem,
  })
  participants(
    @Root() session: Session,
    @Args(() => ParticipantsArgs) { present, ...page }: ParticipantsArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Page<Participant>> {
    return loaders.participantsOf(session, page, present ?? true);
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: "The number of participants that are present, counted up to 10,000.",
    complexity: COUNTED,
  })
  participantCount(@Root() session: Session, @Ctx() { loaders }: Context): Promise<number> {
    return loaders.participants.count(session);
  }
}

@Resolver(() => ParticipantType)
export class ParticipantResolver {
  @Query(() => ParticipantType, {
    nullable: true,
    description: "A participant, by its ID. Null if it does not exist or you may not use its session.",
  })
  participant(
    @Args(() => ParticipantArgs) { id }: ParticipantArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Participant | null> {
    return loaders.participants.find(id);
  }

  @FieldResolver(() => SessionType, {
    nullable: true,
    description: "The session that it joined. You can read it without `sessions:read`.",
  })
  session(@Root() { sessionId }: Participant, @Ctx() { loaders }: Context): Promise<Session> {
    return loaders.sessionOfRecord(sessionId);
  }

  @FieldResolver(() => IssuedTokenType, {
    nullable: true,
    description: "The record of its token. Null unless exactly one token that was issued here fits.",
  })
  async token(@Root() { tokenId }: Participant, @Ctx() { loaders }: Context): Promise<IssuedToken | null> {
    return tokenId === null ? null : loaders.record(tokenId);
  }

  @FieldResolver(() => [StreamType], {
    description:
      "The streams that it publishes now, oldest first: the 10 latest of more. Empty after it left.",
    complexity: streamsOfOne,
  })
  streams(@Root() { id }: Participant, @Ctx() { loaders }: Context): Promise<ParticipantStream[]> {
    return loaders.participants.streams(id);
  }
}
