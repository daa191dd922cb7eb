import { Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Session } from "../../domain/session.ts";
import type { Context } from "../context.ts";
import { dear, perItem } from "../limits/cost.ts";
import type { Connection } from "../loaders.ts";
import { NewSessionArgs, SessionArgs, SessionNameArgs, SessionOptionsArgs } from "../types/args.ts";
import { SessionConnection } from "../types/connections.ts";
import { SessionsArgs } from "../types/filters.ts";
import { SessionType } from "../types/session.ts";

@Resolver(() => SessionType)
export class SessionResolver {
  @Query(() => SessionType, {
    nullable: true,
    description:
      "One session, by its ID or by its name: exactly one of the two. Null when you may not see it, when its ID does\n" +
      "not belong to this server's project, or when the name maps to none.\n" +
      "A session that was created elsewhere in the same project is known by its ID alone: what the ID does\n" +
      "not tell is null.",
  })
  session(@Args(() => SessionArgs) given: SessionArgs, @Ctx() { loaders }: Context): Promise<Session | null> {
    return loaders.find(given);
  }

  @Query(() => SessionConnection, {
    nullable: true,
    description:
      "The sessions created here that you may see, newest first. With `namePrefix`, or without `name` where your grant has\n" +
      "names that end in `*`, they are ordered by name instead: sessions without a name first, and newest first within\n" +
      "a name. A page looks through at most 1000 sessions. With a time beside a name, a prefix or a grant for some\n" +
      "sessions it may therefore have fewer than `first`, even none, while `hasNextPage` is true: go on from\n" +
      "`endCursor`. A cursor is good for lists in the same order.",
    complexity: perItem,
  })
  sessions(
    @Args(() => SessionsArgs) { filter, ...page }: SessionsArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Connection<Session>> {
    return loaders.sessions(page, filter ?? {});
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
      "once, from however many servers, all get the same session. It is an error when the existing session differs in an\n" +
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
