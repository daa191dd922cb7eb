import { MAX_LIFETIME } from "../domain/grant.ts";
import type { Caller } from "./caller.ts";
import { ANY, ManageRule, type Permissions } from "./permissions.ts";

/** A caller with its scopes and its permissions. */
export function describeCaller({ id, subject, scopes, permissions }: Caller) {
  return { id, subject, scopes: [...scopes], videoGrant: describeGrant(permissions) };
}

/** Permissions in the form of a `video_grant` claim; `maxLifetime` is in seconds. */
export function describeGrant(permissions: Permissions) {
  const { roles, sessions, maxLifetime, identity, data, sessionOptions, asModerator } = permissions;
  const { mediaMode, archiveMode, archiveResolution, e2ee } = sessionOptions;
  const listOf = <T>(allowed: ReadonlySet<T> | undefined) => (allowed ? [...allowed] : null);
  return {
    roles: [...roles],
    sessions: sessions.all ? [ANY] : [...sessions.ids],
    names: [...sessions.names, ...sessions.namePrefixes.map((prefix) => `${prefix}${ANY}`)],
    identity,
    data,
    sessionOptions: {
      mediaMode: listOf(mediaMode),
      archiveMode: listOf(archiveMode),
      archiveResolution: listOf(archiveResolution),
      e2ee: listOf(e2ee),
    },
    manage: asModerator ? ManageRule.AS_MODERATOR : null,
    maxLifetime: Math.min(maxLifetime ?? MAX_LIFETIME, MAX_LIFETIME),
  };
}
