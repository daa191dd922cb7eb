import { Args, Ctx, Resolver, Root, type SubscribeResolverData, Subscription } from "type-graphql";
import type { Participant } from "../../domain/participant.ts";
import type { Context } from "../context.ts";
import { ParticipantChangedArgs, ParticipantType } from "../types/participant.ts";

@Resolver()
export class ParticipantChangedResolver {
  @Subscription(() => ParticipantType, {
    description:
      "The participants of a session that join, leave or change their streams from now on, each as it then is. A slow\n" +
      "client gets only the latest state of each. To miss nobody, subscribe first and then read `Session.participants`.",
    subscribe: ({ args, context }: SubscribeResolverData<unknown, ParticipantChangedArgs, Context>) =>
      context.participantChanges.subscribe(context.caller, args.sessionId, () => context.tooSlow?.()),
  })
  async participantChanged(
    @Args(() => ParticipantChangedArgs) { sessionId }: ParticipantChangedArgs,
    @Root() participant: Participant,
    @Ctx() { caller, participantChanges }: Context,
  ): Promise<Participant> {
    await participantChanges.check(caller, sessionId);
    return participant;
  }
}
