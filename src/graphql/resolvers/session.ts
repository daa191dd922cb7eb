import { Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Session } from "../../domain/session.ts";
import type { Context } from "../context.ts";
import { dear, perItem } from "../limits/cost.ts";
import type { Connection } from "../loaders.ts";
import { NewSessionArgs, PageArgs, SessionArgs, SessionNameArgs, SessionOptionsArgs } from "../types/args.ts";
import { SessionConnection } from "../types/connections.ts";
import { SessionType } from "../types/session.ts";

@Resolver(() => SessionType)
export class SessionResolver {
  @Query(() => SessionType, {
    nullable: true,
    description:
      "One session, or null when you may not see it or its ID does not belong to this server's project.\n" +
      "A session that was created elsewhere in the same project is known by its ID alone: what the ID does\n" +
      "not tell is null.",
  })
  async session(
    @Args(() => SessionArgs) { sessionId }: SessionArgs,
    @Ctx() { caller, loaders, sessions }: Context,
  ): Promise<Session | null> {
    return sessions.shownTo(caller, await loaders.session(sessionId));
  }

  @Query(() => SessionConnection, {
    nullable: true,
    description:
      "The sessions created here that you may see, newest first. Where your grant has names that end in `*`, they are\n" +
      "ordered by name instead: sessions without a name first, and newest first within a name.",
    complexity: perItem,
  })
  sessions(@Args(() => PageArgs) page: PageArgs, @Ctx() { loaders }: Context): Promise<Connection<Session>> {
    return loaders.sessions(page);
  }

  @Mutation(() => SessionType, {
    nullable: true,
    description: "Create a session.",
    complexity: dear,
  })
  createSession(
    @Args(() => NewSessionArgs) options: NewSessionArgs,
    @Ctx() { caller, sessions }: Context,
  ): Promise<Session> {
    return sessions.create(caller, options);
  }

  // The schema lists the arguments of the last @Args first.
  @Mutation(() => SessionType, {
    nullable: true,
    description:
      "The session of that name: the one there is, or a new one with these options. However many ask at\n" +
      "once, from however many servers, all get the same session. It is an error when the one there is differs in an\n" +
      "option that you give. Your grant must cover the name.",
    complexity: dear,
  })
  ensureSession(
    @Args(() => SessionOptionsArgs) options: SessionOptionsArgs,
    @Args(() => SessionNameArgs) { name, maxAge }: SessionNameArgs,
    @Ctx() { caller, sessions }: Context,
  ): Promise<Session> {
    return sessions.ensure(caller, name, maxAge ?? null, options);
  }

  @FieldResolver(() => ID)
  id(@Root() { sessionId }: Session): string {
    return sessionId;
  }
}
