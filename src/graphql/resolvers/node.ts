import { Args, Ctx, Query, Resolver } from "type-graphql";
import { requireScope } from "../../access/policy.ts";
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
      "The session or the issued token with this ID; null when there is none that you may see. A session takes the\n" +
      "scope `sessions:read`, an issued token `ledger:read`; to ask takes none.",
  })
  async node(
    @Args(() => NodeArgs) { id }: NodeArgs,
    @Ctx() { caller, loaders, sessions }: Context,
  ): Promise<Session | IssuedToken | null> {
    if (!/^[12]_/.test(id)) {
      requireScope(caller, "Query.node", "ledger:read");
      return loaders.issuedToken(id);
    }
    requireScope(caller, "Query.node", "sessions:read");
    return sessions.shownTo(caller, await loaders.session(id));
  }
}
