import { Field, ID, ObjectType } from "type-graphql";
import { ArchiveMode, ArchiveResolution, MediaMode, type Session } from "../../domain/session.ts";
import { DateTime } from "./date-time.ts";
import { NodeType } from "./node.ts";

@ObjectType("Session", {
  description: "Where participants meet to exchange audio and video. Sessions do not expire; tokens do.",
  implements: NodeType,
  simpleResolvers: true,
})
export class SessionType extends NodeType implements Session {
  @Field(() => ID, {
    description: "The same value as `sessionId`, under the name that client caches look for.",
  })
  override id!: string;

  @Field(() => ID, {
    description: "The platform's ID of the session. The client SDK needs it to connect.",
  })
  sessionId!: string;

  @Field(() => ID, {
    description: "The OpenTok API key or the Vonage application ID. The client SDK needs it to connect.",
  })
  applicationId!: string;

  @Field(() => String, { nullable: true, description: "The name it was given by `ensureSession`." })
  name!: string | null;

  @Field(() => MediaMode, { nullable: true })
  mediaMode!: MediaMode | null;

  @Field(() => ArchiveMode, { nullable: true })
  archiveMode!: ArchiveMode | null;

  @Field(() => String, { nullable: true })
  archiveName!: string | null;

  @Field(() => ArchiveResolution, { nullable: true })
  archiveResolution!: ArchiveResolution | null;

  @Field(() => String, { nullable: true })
  location!: string | null;

  @Field(() => Boolean, { nullable: true })
  e2ee!: boolean | null;

  @Field(() => DateTime, { nullable: true })
  createdAt!: Date | null;

  @Field(() => Boolean, {
    description:
      "Whether this server's database knows the session. If not, only its ID says that it exists, and IDs are not signed.",
  })
  createdHere!: boolean;
}
