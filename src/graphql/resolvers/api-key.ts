import { Args, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { enumName } from "../../domain/enum-name.ts";
import { roleName } from "../../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode } from "../../domain/session.ts";
import type { CreatedApiKey, ShownApiKey } from "../../services/api-keys.ts";
import type { Page } from "../../services/page.ts";
import type { Context } from "../context.ts";
import { dear, perItem } from "../limits/cost.ts";
import {
  ApiKeyType,
  CreateApiKeyArgs,
  CreatedApiKeyType,
  RevokeApiKeyArgs,
  type VideoGrantInput,
} from "../types/api-key.ts";
import { PageArgs } from "../types/args.ts";
import { ApiKeyConnection } from "../types/connections.ts";

@Resolver(() => ApiKeyType)
export class ApiKeyResolver {
  @Query(() => ApiKeyConnection, {
    nullable: true,
    description:
      "The API keys that grant no more than you have, newest first, with expired and revoked ones. A page can be\n" +
      "short or empty while `hasNextPage` is true: continue with `endCursor`.",
    complexity: perItem,
  })
  apiKeys(
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { caller, apiKeys }: Context,
  ): Promise<Page<ShownApiKey>> {
    return apiKeys.list(caller, page);
  }

  @Mutation(() => CreatedApiKeyType, {
    nullable: true,
    description:
      'Create an API key. Example: `createApiKey(name: "web", preset: FRONT_END) { key }`. Give either `preset` or\n' +
      "`scopes`. The key can have only permissions that you have, and stays valid when your credential ends.",
    complexity: dear,
  })
  createApiKey(
    @Args(() => CreateApiKeyArgs) { videoGrant, ...input }: CreateApiKeyArgs,
    @Ctx() { caller, apiKeys }: Context,
  ): Promise<CreatedApiKey> {
    return apiKeys.create(caller, { ...input, grant: videoGrant ? claimOf(videoGrant) : null });
  }

  @Mutation(() => ApiKeyType, {
    nullable: true,
    description:
      "Revoke an API key for good. Servers refuse it within two seconds. The key can be any that `apiKeys` shows you.",
    complexity: dear,
  })
  revokeApiKey(
    @Args(() => RevokeApiKeyArgs) { name }: RevokeApiKeyArgs,
    @Ctx() { caller, apiKeys }: Context,
  ): Promise<ShownApiKey> {
    return apiKeys.revoke(caller, name);
  }
}

/** A grant in the form of a `video_grant` claim, which has the names of enum values. Members that are null are left out. */
function claimOf({ roles, sessionOptions, ...others }: VideoGrantInput): object {
  const { mediaMode, archiveMode, archiveResolution, e2ee } = sessionOptions ?? {};
  return withoutNulls({
    ...others,
    roles: roles?.map(roleName),
    sessionOptions:
      sessionOptions &&
      withoutNulls({
        mediaMode: mediaMode?.map((value) => enumName(MediaMode, value)),
        archiveMode: archiveMode?.map((value) => enumName(ArchiveMode, value)),
        archiveResolution: archiveResolution?.map((value) => enumName(ArchiveResolution, value)),
        e2ee,
      }),
  });
}

function withoutNulls(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value != null));
}
