import { ArgsType, Field, ID, Int } from "type-graphql";

/** The session to act on. */
@ArgsType()
class ManagedSessionArgs {
  @Field(() => ID, { description: "The session's ID." })
  sessionId!: string;
}

/** The streams to mute. */
@ArgsType()
export class MuteSessionArgs extends ManagedSessionArgs {
  @Field(() => [ID], {
    nullable: true,
    description: "The IDs of streams that stay as they are, at most 100. Only if `active` is true.",
  })
  except?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: "With false, ends the muting of later streams. Streams that are muted stay muted.",
  })
  active?: boolean | null;
}

/** The signal to send. */
@ArgsType()
export class SendSignalArgs extends ManagedSessionArgs {
  @Field(() => ID, {
    nullable: true,
    description: "The `id` of the participant. Leave it out for all participants of the session.",
  })
  participantId?: string | null;

  @Field(() => String, { description: "The type of the signal, such as `chat`: at most 128 bytes in UTF-8." })
  type!: string;

  @Field(() => String, { description: "The data of the signal, at most 8192 bytes in UTF-8." })
  data!: string;
}

/** The limit to set. */
@ArgsType()
export class SetMaxParticipantsArgs extends ManagedSessionArgs {
  @Field(() => Int, {
    nullable: true,
    description: "The most participants at a time, at least 1. Leave it out for no limit.",
  })
  maxParticipants?: number | null;
}
