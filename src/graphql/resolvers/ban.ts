import { Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Ban } from "../../domain/ban.ts";
import type { IssuedToken } from "../../domain/issued-token.ts";
import type { Session } from "../../domain/session.ts";
import type { Page } from "../../services/page.ts";
import type { Context } from "../context.ts";
import { dear, perItem } from "../limits/cost.ts";
import { BanArgs, BanIdentityArgs, BansArgs, BanType, RevokeTokenArgs } from "../types/ban.ts";
import { BanConnection } from "../types/connections.ts";
import { IssuedTokenType } from "../types/issued-token.ts";
import { SessionType } from "../types/session.ts";

@Resolver(() => BanType)
export class BanResolver {
  @Query(() => BanConnection, {
    nullable: true,
    description:
      "The bans of the sessions that you may use, newest first. Bans of all sessions are listed only if your grant\n" +
      "covers all sessions. A page can be short or empty while `hasNextPage` is true: continue with `endCursor`.",
    complexity: perItem,
  })
  bans(
    @Args(() => BansArgs) { filter, ...page }: BansArgs,
    @Ctx() { caller, bans }: Context,
  ): Promise<Page<Ban>> {
    return bans.list(caller, page, filter ?? {});
  }

  @Mutation(() => BanType, {
    nullable: true,
    description:
      'Keep an identity out. Example: `banIdentity(identity: "user-42", sessionId: $id) { id }`.\n' +
      "From then on no server issues a token to it, and its participants are removed, also those that join later.",
    complexity: dear,
  })
  async banIdentity(
    @Args(() => BanIdentityArgs) { identity, sessionId, until }: BanIdentityArgs,
    @Ctx() { caller, bans, loaders }: Context,
  ): Promise<Ban> {
    const ban = { identity, sessionId: sessionId ?? null, until: until ?? null };
    const added = await bans.ban(caller, ban);
    loaders.forget();
    return added;
  }

  @Mutation(() => BanType, {
    nullable: true,
    description:
      "End a ban. Tokens that are neither expired nor revoked work again. A ban that was lifted stays as it is.",
    complexity: dear,
  })
  liftBan(@Args(() => BanArgs) { id }: BanArgs, @Ctx() { caller, bans }: Context): Promise<Ban> {
    return bans.lift(caller, id);
  }

  @Mutation(() => IssuedTokenType, {
    nullable: true,
    description:
      "Revoke a token for good. The platform still accepts the token, so the server removes participants that join\n" +
      "with it. If several tokens fit a participant, it is removed only if all of them are revoked or banned.",
    complexity: dear,
  })
  async revokeToken(
    @Args(() => RevokeTokenArgs) { id }: RevokeTokenArgs,
    @Ctx() { caller, bans, loaders }: Context,
  ): Promise<IssuedToken> {
    const revoked = await bans.revokeToken(caller, id);
    loaders.forget();
    return revoked;
  }

  @FieldResolver(() => SessionType, {
    nullable: true,
    description: "The session; null for all sessions. You can read it without `sessions:read`.",
  })
  async session(@Root() { sessionId }: Ban, @Ctx() { loaders }: Context): Promise<Session | null> {
    return sessionId === null ? null : loaders.sessionOfRecord(sessionId);
  }
}
