import { MAX_LIFETIME } from "../domain/grant.ts";
import type { Caller } from "./caller.ts";
import { ANY } from "./permissions.ts";

/** A caller with its permissions in the form of a `video_grant` claim; `maxLifetime` is in seconds. */
export function describeCaller({ id, subject, scopes, permissions }: Caller) {
  const { roles, sessions, maxLifetime } = permissions;
  return {
    id,
    subject,
    scopes: [...scopes],
    videoGrant: {
      roles: [...roles],
      sessions: sessions.all ? [ANY] : [...sessions.ids],
      names: [...sessions.names, ...sessions.namePrefixes.map((prefix) => `${prefix}${ANY}`)],
      maxLifetime: Math.min(maxLifetime ?? MAX_LIFETIME, MAX_LIFETIME),
    },
  };
}
