import { Args, Ctx, Query, Resolver } from "type-graphql";
import type { IssuedToken } from "../../domain/issued-token.ts";
import type { Participant } from "../../domain/participant.ts";
import type { Session } from "../../domain/session.ts";
import type { Context } from "../context.ts";
import { NodeArgs } from "../types/args.ts";
import { NodeType } from "../types/node.ts";

@Resolver()
export class NodeResolver {
  @Query(() => NodeType, {
    nullable: true,
    description:
      "A session, a participant or an issued token, by its ID. Null if it does not exist or you may not see it. The ID\n" +
      "decides which scope you need: `sessions:read`, `participants:read` or `ledger:read`.",
  })
  node(
    @Args(() => NodeArgs) { id }: NodeArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Session | Participant | IssuedToken | null> {
    return loaders.node(id);
  }
}
