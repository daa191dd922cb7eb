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
      "A session, by its ID or its room name. Null if you may not see it, or if the room has no session. Also null if\n" +
      "the ID is malformed or belongs to another project. A session created elsewhere in the project has values only\n" +
      "for the fields that its ID contains.",
  })
  session(@Args(() => SessionArgs) given: SessionArgs, @Ctx() { loaders }: Context): Promise<Session | null> {
    return loaders.find(given);
  }

  @Query(() => SessionConnection, {
    nullable: true,
    description:
      "The sessions created here that you may see, newest first. A filter by `namePrefix` sorts them by name. So does a\n" +
      "grant with names that end in `*`, unless you filter by `name`. In this order, sessions without a name come first,\n" +
      "and sessions of one name are newest first. With a filter by time, a page can be short or empty while\n" +
      "`hasNextPage` is true: continue with `endCursor`.",
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
    description: "Create a session. Example: `createSession(mediaMode: ROUTED) { sessionId }`.",
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
      'Get the session of a room, or create it. Example: `ensureSession(name: "standup") { sessionId }`.\n' +
      "Simultaneous calls get the same session, on every replica. The call fails if the existing session differs in\n" +
      "an option that you give. Your grant must cover the name.",
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
