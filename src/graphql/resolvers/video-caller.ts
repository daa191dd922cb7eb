import { Ctx, Query, Resolver } from "type-graphql";
import { describeCaller } from "../../access/describe-caller.ts";
import type { ProjectInfo } from "../../domain/project.ts";
import type { Context } from "../context.ts";
import { VideoCaller } from "../types/video-caller.ts";
import { VideoProjectType } from "../types/video-project.ts";

@Resolver()
export class VideoCallerResolver {
  @Query(() => VideoCaller, { description: "Who you are here, and what you may do." })
  videoCaller(@Ctx() { caller }: Context): VideoCaller {
    return describeCaller(caller);
  }

  @Query(() => VideoProjectType, { description: "What this server works for." })
  videoProject(@Ctx() { project }: Context): ProjectInfo {
    return project;
  }
}
