import { Field, ID, ObjectType } from "type-graphql";
import { TokenFormat } from "../../domain/connection-token.ts";
import { PlatformName, type ProjectInfo } from "../../domain/project.ts";

@ObjectType("VideoProject", {
  description: "The platform project that this server uses.",
  simpleResolvers: true,
})
export class VideoProjectType implements ProjectInfo {
  @Field(() => ID, { description: "The OpenTok API key or the Vonage application ID." })
  applicationId!: string;

  @Field(() => PlatformName, { description: "The platform that creates sessions." })
  platform!: PlatformName;

  @Field(() => [TokenFormat], { description: "The token formats that this server can generate." })
  tokenFormats!: readonly TokenFormat[];
}
