import { Args, Ctx, Query, Resolver } from "type-graphql";
import type { Ban } from "../../domain/ban.ts";
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
      "A session, a participant, an issued token or a ban, by its ID. Null if it does not exist or you may not see it.\n" +
      "The ID decides which scope you need: `sessions:read`, `participants:read`, `ledger:read` or `bans:manage`.",
  })
  node(
    @Args(() => NodeArgs) { id }: NodeArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Session | Participant | IssuedToken | Ban | null> {
    return loaders.node(id);
  }
}
