import { Args, Ctx, Mutation, Resolver } from "type-graphql";
import type { Participant } from "../../domain/participant.ts";
import type { Session } from "../../domain/session.ts";
import type { Context } from "../context.ts";
import { dear } from "../limits/cost.ts";
import { RemoveParticipantArgs } from "../types/ban.ts";
import { MuteSessionArgs, SendSignalArgs, SetMaxParticipantsArgs } from "../types/moderation.ts";
import { ParticipantArgs, ParticipantType } from "../types/participant.ts";
import { SessionType } from "../types/session.ts";

@Resolver()
export class ModerationResolver {
  @Mutation(() => ParticipantType, {
    nullable: true,
    description:
      "Disconnect a participant. Without `ban`, it can join again with its token. If the platform fails, the call\n" +
      "fails, but servers try again until the participant has left. One that has left stays as it is.",
    complexity: dear,
  })
  async removeParticipant(
    @Args(() => RemoveParticipantArgs) { id, ban }: RemoveParticipantArgs,
    @Ctx() { caller, moderation, loaders }: Context,
  ): Promise<Participant> {
    try {
      return await moderation.remove(caller, id, ban ? { until: ban.until ?? null } : null);
    } finally {
      loaders.forget();
    }
  }

  @Mutation(() => ParticipantType, {
    nullable: true,
    description: "Mute the audio of the streams that a participant publishes now. It can unmute itself.",
    complexity: dear,
  })
  muteParticipant(
    @Args(() => ParticipantArgs) { id }: ParticipantArgs,
    @Ctx() { caller, moderation }: Context,
  ): Promise<Participant> {
    return moderation.muteParticipant(caller, id);
  }

  @Mutation(() => SessionType, {
    nullable: true,
    description: "Mute the audio of all streams of a session, also of those that begin later.",
    complexity: dear,
  })
  async muteSession(
    @Args(() => MuteSessionArgs) { sessionId, except, active }: MuteSessionArgs,
    @Ctx() { caller, moderation, loaders }: Context,
  ): Promise<Session> {
    await moderation.muteSession(caller, sessionId, except ?? [], active ?? true);
    return loaders.sessionOfRecord(sessionId);
  }

  @Mutation(() => SessionType, {
    nullable: true,
    description:
      'Send a signal to a participant, or to all. Example: `sendSignal(sessionId: $id, type: "chat", data: "Hello") { id }`.',
    complexity: dear,
  })
  async sendSignal(
    @Args(() => SendSignalArgs) { sessionId, participantId, type, data }: SendSignalArgs,
    @Ctx() { caller, moderation, loaders }: Context,
  ): Promise<Session> {
    await moderation.signal(caller, sessionId, participantId ?? null, { type, data });
    return loaders.sessionOfRecord(sessionId);
  }

  @Mutation(() => SessionType, {
    nullable: true,
    description:
      "Set the most participants of a session that was created here. A lower limit removes nobody: it applies to\n" +
      "participants that join next.",
    complexity: dear,
  })
  async setMaxParticipants(
    @Args(() => SetMaxParticipantsArgs) { sessionId, maxParticipants }: SetMaxParticipantsArgs,
    @Ctx() { caller, moderation, loaders }: Context,
  ): Promise<Session> {
    await moderation.limit(caller, sessionId, maxParticipants ?? null);
    loaders.forget();
    return loaders.sessionOfRecord(sessionId);
  }
}
