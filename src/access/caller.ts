import { parseScopes, SCOPES, type Scope } from "./scope.ts";
import { FULL_GRANT, parseVideoGrant, type VideoGrant } from "./video-grant.ts";

/** Who asks, for the length of one request. */
export interface Caller {
  /** Unique among all callers, but that an issuer's JWTs without `sub` are one; what it asks for is counted under this. */
  readonly id: string;
  /** Who it is, for a person: the subject of its JWT, or the name of its API key. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly grant: VideoGrant;
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

/** What a JWT claims, or an API key was given. */
export interface Claims {
  readonly scope?: unknown;
  readonly video_grant?: unknown;
}

/** A caller with what it claims; a malformed claim grants nothing. */
export function callerWith(id: string, subject: string, { scope, video_grant }: Claims): Caller {
  return {
    id,
    subject,
    scopes: parseScopes(scope),
    grant: parseVideoGrant(video_grant),
    admitted: new Set(),
  };
}

/** The same caller at another request. */
export function asNew({ id, subject, scopes, grant }: Caller): Caller {
  return { id, subject, scopes, grant, admitted: new Set() };
}

const LOCAL = "local";

/** Whoever reaches a server without authentication: a process of its own machine, which may do everything. */
export function localCaller(): Caller {
  return { id: LOCAL, subject: LOCAL, scopes: new Set(SCOPES), grant: FULL_GRANT, admitted: new Set() };
}

/** Whether it is the caller of a server without authentication. */
export function isLocal({ id }: Caller): boolean {
  return id === LOCAL;
}
