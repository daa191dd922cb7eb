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
      "The session or the issued token with this ID; null when there is none that you may see. It depends on the ID\n" +
      "which scope is needed: `sessions:read` for a session, `ledger:read` for an issued token.",
  })
  node(
    @Args(() => NodeArgs) { id }: NodeArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Session | IssuedToken | null> {
    return loaders.node(id);
  }
}
