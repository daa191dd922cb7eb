import { Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Session } from "../../domain/session.ts";
import type { Page } from "../../services/page.ts";
import type { Context } from "../context.ts";
import { PageArgs, SessionArgs, SessionOptionsArgs } from "../types/args.ts";
import { SessionType } from "../types/session.ts";
import { SessionConnection } from "../types/session-connection.ts";

@Resolver(() => SessionType)
export class SessionResolver {
  @Query(() => SessionType, {
    nullable: true,
    description:
      "One session, or null when its ID does not belong to this server's project.\n" +
      "A session that was created elsewhere in the same project is known by its ID alone: what the ID does\n" +
      "not tell is null.",
  })
  session(
    @Args(() => SessionArgs) { sessionId }: SessionArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Session | null> {
    return loaders.session(sessionId);
  }

  @Query(() => SessionConnection, { description: "The sessions created here, newest first." })
  sessions(@Args(() => PageArgs) page: PageArgs, @Ctx() { sessions }: Context): Promise<Page<Session>> {
    return sessions.list(page);
  }

  @Mutation(() => SessionType, { description: "Create a session." })
  createSession(
    @Args(() => SessionOptionsArgs) options: SessionOptionsArgs,
    @Ctx() { sessions }: Context,
  ): Promise<Session> {
    return sessions.create(options);
  }

  @FieldResolver(() => ID)
  id(@Root() { sessionId }: Session): string {
    return sessionId;
  }
}
