import { MAX_LIFETIME } from "../domain/grant.ts";
import type { Role } from "../domain/role.ts";
import type { Caller } from "./caller.ts";
import { ANY } from "./permissions.ts";

/** What a caller may know of itself. */
export interface CallerDescription {
  readonly id: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** As a `video_grant` claim says it. */
  readonly videoGrant: {
    readonly roles: readonly Role[];
    readonly sessions: readonly string[];
    readonly names: readonly string[];
    /** In seconds. */
    readonly maxLifetime: number;
  };
}

/** Who a caller is, and what it may do. */
export function describeCaller({ id, subject, scopes, permissions }: Caller): CallerDescription {
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
