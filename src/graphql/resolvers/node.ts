import { Args, Ctx, Query, Resolver } from "type-graphql";
import type { IssuedToken } from "../../domain/issued-token.ts";
import type { Session } from "../../domain/session.ts";
import type { Context } from "../context.ts";
import { NodeArgs } from "../types/args.ts";
import { NodeType } from "../types/node.ts";

@Resolver()
export class NodeResolver {
  @Query(() => NodeType, {
    nullable: true,
    description:
      "A session or an issued token, by its ID. Null if it does not exist or you may not see it. The ID decides which\n" +
      "scope you need: `sessions:read` for a session, `ledger:read` for an issued token.",
  })
  node(
    @Args(() => NodeArgs) { id }: NodeArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Session | IssuedToken | null> {
    return loaders.node(id);
  }
}
