import { Ctx, Query, Resolver } from "type-graphql";
import { describeCaller } from "../../access/describe-caller.ts";
import type { ProjectInfo } from "../../domain/project.ts";
import type { Context } from "../context.ts";
import { ProjectType } from "../types/project.ts";
import { Viewer } from "../types/viewer.ts";

@Resolver()
export class ViewerResolver {
  @Query(() => Viewer, { description: "Who you are here, and what you may do. Every caller may ask." })
  viewer(@Ctx() { caller }: Context): Viewer {
    return describeCaller(caller);
  }

  @Query(() => ProjectType, { description: "What this server works for. Every caller may ask." })
  project(@Ctx() { project }: Context): ProjectInfo {
    return project;
  }
}
