import { ALL_PERMISSIONS, type Permissions, permissionsOrNone } from "./permissions.ts";
import { parseScopes, SCOPES, type Scope } from "./scope.ts";

/** Who asks, for the length of one request. */
export interface Caller {
  /** Unique among all callers, but that an issuer's JWTs without `sub` are one; what it asks for is counted under this. */
  readonly id: string;
  /** Who it is, for a person: the subject of its JWT, or the name of its API key. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly permissions: Permissions;
  /** The IDs of the sessions that it has created in this request, or got by a name that it may use: it may use these. */
  readonly admitted: Set<string>;
  origin?: Origin;
}

/** Where a request comes from, for the audit trail. */
export interface Origin {
  /** Of its client. */
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
  /** Who typed a command, in place of the caller's ID. */
  readonly operator?: string | undefined;
}

/** The claims of a JWT, or of an API key. */
export interface CallerClaims {
  readonly scope?: unknown;
  readonly video_grant?: unknown;
}

/** A caller with the permissions of its claims; a malformed claim allows nothing. */
export function callerWith(id: string, subject: string, { scope, video_grant }: CallerClaims): Caller {
  return {
    id,
    subject,
    scopes: parseScopes(scope),
    permissions: permissionsOrNone(video_grant),
    admitted: new Set(),
  };
}

/** The same caller at another request. */
export function asNew({ id, subject, scopes, permissions }: Caller): Caller {
  return { id, subject, scopes, permissions, admitted: new Set() };
}

const LOCAL = "local";

/** Whoever reaches a server without authentication: a process of its own machine, which may do everything. */
export function localCaller(): Caller {
  return {
    id: LOCAL,
    subject: LOCAL,
    scopes: new Set(SCOPES),
    permissions: ALL_PERMISSIONS,
    admitted: new Set(),
  };
}

/** Whether it is the caller of a server without authentication. */
export function isLocal({ id }: Caller): boolean {
  return id === LOCAL;
}
