import { Field, ID, ObjectType } from "type-graphql";
import { TokenFormat } from "../../domain/connection-token.ts";
import { PlatformName, type ProjectInfo } from "../../domain/project.ts";

@ObjectType("VideoProject", { description: "What this server works for.", simpleResolvers: true })
export class VideoProjectType implements ProjectInfo {
  @Field(() => ID, { description: "The OpenTok API key or the Vonage application ID." })
  applicationId!: string;

  @Field(() => PlatformName)
  platform!: PlatformName;

  @Field(() => [TokenFormat], { description: "The formats that its tokens can have." })
  tokenFormats!: readonly TokenFormat[];
}
