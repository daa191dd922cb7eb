import { ArgsType, Field, ID, ObjectType } from "type-graphql";
import { LeaveReason, type ParticipantStream, VideoType } from "../../domain/participant.ts";
import { Role } from "../../domain/role.ts";
import { DATA_VALUE, IDENTITY_VALUE, NAME_VALUE, SESSION_ID_VALUE, SHORT_VALUE } from "../limits/cost.ts";
import { PageArgs } from "./args.ts";
import { DateTime } from "./date-time.ts";
import { NodeType } from "./node.ts";

@ObjectType("Stream", { description: "What a participant publishes.", simpleResolvers: true })
export class StreamType implements Omit<ParticipantStream, "participantId"> {
  @Field(() => ID, { complexity: SHORT_VALUE, description: "The platform's ID for the stream." })
  id!: string;

  @Field(() => String, {
    nullable: true,
    complexity: NAME_VALUE,
    description: "The name that the client gave the stream.",
  })
  name!: string | null;

  @Field(() => VideoType, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "What the stream shows; null for audio only.",
  })
  videoType!: VideoType | null;

  @Field(() => DateTime, { complexity: SHORT_VALUE, description: "When the stream began." })
  createdAt!: Date;
}

@ObjectType("Participant", {
  description: "A client that is connected to a session, or was. The platform calls it a connection.",
  implements: NodeType,
  simpleResolvers: true,
})
export class ParticipantType extends NodeType {
  @Field(() => ID, {
    complexity: SESSION_ID_VALUE,
    description: "The global ID, for `Query.participant` and `Query.node`.",
  })
  override id!: string;

  @Field(() => ID, {
    complexity: SESSION_ID_VALUE,
    description: "The platform's ID for the connection, as the client SDK shows it.",
  })
  connectionId!: string;

  @Field(() => String, {
    nullable: true,
    complexity: DATA_VALUE,
    description: "The connection metadata of its token. Null if it has none, and always after it left.",
  })
  data!: string | null;

  @Field(() => String, {
    nullable: true,
    complexity: IDENTITY_VALUE,
    description:
      "The `identity` that its token was generated for. Null if it is unknown, or if several tokens fit and their\n" +
      "identities differ.",
  })
  identity!: string | null;

  @Field(() => Role, {
    nullable: true,
    complexity: SHORT_VALUE,
    description:
      "The role of its token. Null if it is unknown, or if several tokens fit and their roles differ.",
  })
  role!: Role | null;

  @Field(() => DateTime, { complexity: SHORT_VALUE, description: "When it joined the session." })
  joinedAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "When it left the session; null while it is present.",
  })
  leftAt!: Date | null;

  @Field(() => LeaveReason, {
    nullable: true,
    complexity: SHORT_VALUE,
    description: "Why it left the session; null while it is present.",
  })
  leaveReason!: LeaveReason | null;
}

/** The participant to read. */
@ArgsType()
export class ParticipantArgs {
  @Field(() => ID, { description: "The `id` of the participant." })
  id!: string;
}

/** The session whose participants to follow. */
@ArgsType()
export class ParticipantChangedArgs {
  @Field(() => ID, { description: "The session's ID." })
  sessionId!: string;
}

/** The page of a list of participants. */
@ArgsType()
export class ParticipantsArgs extends PageArgs {
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: "Whether to list only the participants that are present. With false, also those that left.",
  })
  present?: boolean | null;
}
