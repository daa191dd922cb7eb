import { Ctx, Query, Resolver } from "type-graphql";
import { describeCaller } from "../../access/describe-caller.ts";
import type { ProjectInfo } from "../../domain/project.ts";
import type { Context } from "../context.ts";
import { VideoCaller } from "../types/video-caller.ts";
import { VideoProjectType } from "../types/video-project.ts";

@Resolver()
export class VideoCallerResolver {
  @Query(() => VideoCaller, { description: "Your identity and permissions on this server." })
  videoCaller(@Ctx() { caller }: Context): VideoCaller {
    return describeCaller(caller);
  }

  @Query(() => VideoProjectType, { description: "The platform project that this server uses." })
  videoProject(@Ctx() { project }: Context): ProjectInfo {
    return project;
  }
}
