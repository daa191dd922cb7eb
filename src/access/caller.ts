import type { ClaimProblem } from "./claim-problem.ts";
import { type ClaimNames, type Claims, readClaims } from "./claims.ts";
import { ALL_PERMISSIONS, type Permissions } from "./permissions.ts";
import { SCOPES, type Scope } from "./scope.ts";

/** Who asks, for the length of one request. */
export interface Caller {
  /** Unique among all callers, but that an issuer's JWTs without `sub` are one; what it asks for is counted under this. */
  readonly id: string;
  /** Who it is, for a person: the subject of its JWT, or the name of its API key. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly permissions: Permissions;
  /** Its unreadable claims, which grant nothing. */
  readonly problems: readonly ClaimProblem[];
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

/**
 * A caller with what its claims allow. An unreadable claim allows nothing.
 *
 * @param names where the scopes and the grant are
 */
export function callerWith(id: string, subject: string, claims: Claims, names?: ClaimNames): Caller {
  return { id, subject, ...readClaims(claims, names), admitted: new Set() };
}

/** The same caller at another request. */
export function asNew({ id, subject, scopes, permissions, problems }: Caller): Caller {
  return { id, subject, scopes, permissions, problems, admitted: new Set() };
}

const LOCAL = "local";

/** Whoever reaches a server without authentication: a process of its own machine, which may do everything. */
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

/** Whether it is the caller of a server without authentication. */
export function isLocal({ id }: Caller): boolean {
  return id === LOCAL;
}
