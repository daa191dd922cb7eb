import { Field, ID, Int, ObjectType } from "type-graphql";
import { ArchiveMode, ArchiveResolution, MediaMode, type Session } from "../../domain/session.ts";
import { DateTime } from "./date-time.ts";
import { NodeType } from "./node.ts";

@ObjectType("Session", {
  description: "A place where participants exchange audio and video. Sessions do not expire; tokens do.",
  implements: NodeType,
  simpleResolvers: true,
})
export class SessionType extends NodeType implements Session {
  @Field(() => ID, {
    description: "The same value as `sessionId`, for the caches of GraphQL clients.",
  })
  override id!: string;

  @Field(() => ID, {
    description: "The platform's ID for the session. The client SDK needs it to connect.",
  })
  sessionId!: string;

  @Field(() => ID, {
    description: "The OpenTok API key or the Vonage application ID. The client SDK needs it to connect.",
  })
  applicationId!: string;

  @Field(() => String, {
    nullable: true,
    description: "The room name that `ensureSession` gave the session.",
  })
  name!: string | null;

  @Field(() => MediaMode, { nullable: true, description: "How media flows between participants." })
  mediaMode!: MediaMode | null;

  @Field(() => ArchiveMode, {
    nullable: true,
    description: "Whether the platform records the session automatically.",
  })
  archiveMode!: ArchiveMode | null;

  @Field(() => String, { nullable: true, description: "The name of automatic archives." })
  archiveName!: string | null;

  @Field(() => ArchiveResolution, { nullable: true, description: "The resolution of automatic archives." })
  archiveResolution!: ArchiveResolution | null;

  @Field(() => String, { nullable: true, description: "The IPv4 address given as a hint for the region." })
  location!: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether media is end-to-end encrypted." })
  e2ee!: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: "The most participants at a time; null for no limit. See `setMaxParticipants`.",
  })
  maxParticipants!: number | null;

  @Field(() => DateTime, { nullable: true, description: "When the session was created." })
  createdAt!: Date | null;

  @Field(() => Boolean, {
    description:
      "Whether this server's database has the session. If false, the ID is the only evidence, and IDs are not signed.",
  })
  createdHere!: boolean;
}
