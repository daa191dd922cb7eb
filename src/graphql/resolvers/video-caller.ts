import { Args, Ctx, FieldResolver, Query, Resolver } from "type-graphql";
import { describeCaller } from "../../access/describe-caller.ts";
import type { ProjectInfo } from "../../domain/project.ts";
import { Role } from "../../domain/role.ts";
import type { Forbidden } from "../../errors.ts";
import type { Context } from "../context.ts";
import { COUNTED } from "../limits/cost.ts";
import { CanArgs, type MissingPermission, Permission, VideoCaller } from "../types/video-caller.ts";
import { VideoProjectType } from "../types/video-project.ts";

@Resolver(() => VideoCaller)
export class VideoCallerResolver {
  @Query(() => VideoCaller, { description: "Your identity and permissions on this server." })
  videoCaller(@Ctx() { caller }: Context): VideoCaller {
    return describeCaller(caller);
  }

  @FieldResolver(() => Permission, {
    description:
      "Whether you may do something, and otherwise what you lack: what the `FORBIDDEN` error of the call would say.\n" +
      "Example: `can(action: GENERATE_TOKEN, role: MODERATOR) { allowed missing { message } }`. It checks scopes, roles,\n" +
      "sessions and names. It does not check bans, quotas, lifetimes and session options, and counts as no act.",
    complexity: COUNTED,
  })
  async can(@Args(() => CanArgs) planned: CanArgs, @Ctx() { loaders }: Context): Promise<Permission> {
    const refusal = await loaders.permissions.refusal(planned);
    return { allowed: refusal === null, missing: refusal && missingIn(refusal) };
  }

  @Query(() => VideoProjectType, { description: "The platform project that this server uses." })
  videoProject(@Ctx() { project }: Context): ProjectInfo {
    return project;
  }
}

/** The members of the error, of which those for other arguments are absent. */
function missingIn({ message, extensions }: Forbidden): MissingPermission {
  const { requiredRole, ...required } = extensions as Partial<MissingPermission>;
  const role = requiredRole as keyof typeof Role | undefined;
  return { ...required, message, requiredRole: role && Role[role] } as MissingPermission;
}
