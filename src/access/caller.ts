import type { ClaimProblem } from "./claim-problem.ts";
import { type ClaimNames, type Claims, readClaims } from "./claims.ts";
import { ALL_PERMISSIONS, type Permissions } from "./permissions.ts";
import { SCOPES, type Scope } from "./scope.ts";

/** The caller of one request. */
export interface Caller {
  /** A unique ID, under which quotas and limits count. All JWTs of one issuer without `sub` share one. */
  readonly id: string;
  /** The subject of the JWT, or the name of the API key, for people to read. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly permissions: Permissions;
  /** The invalid claims, which grant nothing. */
  readonly problems: readonly ClaimProblem[];
  /** The IDs of sessions that this request created, or found by a name that the caller may use. The caller may use them, too. */
  readonly admitted: Set<string>;
  origin?: Origin;
  /** When its credential ends, in epoch milliseconds; absent if only the database knows. */
  readonly expiresAt?: number | undefined;
}

/** The origin of a request, for the audit trail. */
export interface Origin {
  /** The client's address. */
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
  /** The user who ran a command, instead of the caller's ID. */
  readonly operator?: string | undefined;
}

/**
 * A caller with the permissions of its claims. An invalid claim grants nothing.
 *
 * @param names the claims that have the scopes and the grant
 */
export function callerWith(id: string, subject: string, claims: Claims, names?: ClaimNames): Caller {
  return { id, subject, ...readClaims(claims, names), admitted: new Set() };
}

/** The same caller, for another request. */
export function asNew({ id, subject, scopes, permissions, problems, expiresAt }: Caller): Caller {
  return { id, subject, scopes, permissions, problems, expiresAt, admitted: new Set() };
}

const LOCAL = "local";

/** The caller of a server without authentication: a process of its own machine, with all permissions. */
export function localCaller(): Caller {
  return {
    id: LOCAL,
    subject: LOCAL,
    scopes: new Set(SCOPES),
    permissions: ALL_PERMISSIONS,
    problems: [],
    admitted: new Set(),
  };
}

const KEY = "key:";

/** The ID of a caller with this API key. */
export function keyCallerId(keyId: string): string {
  return `${KEY}${keyId}`;
}

/** The ID of the caller's API key; null if it has another credential. */
export function keyIdOf({ id }: Caller): string | null {
  return id.startsWith(KEY) ? id.slice(KEY.length) : null;
}

/** Whether this is the caller of a server without authentication. */
export function isLocal({ id }: Caller): boolean {
  return id === LOCAL;
}
