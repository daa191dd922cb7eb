import type { Role, VideoCallerQuery } from "../generated/documents.ts";

/** What the console offers. The server decides anyway; what it would refuse for certain is not offered. */
export interface Rights {
  readonly createSession: boolean;
  readonly ensureSession: boolean;
  readonly readSessions: boolean;
  readonly createTokens: boolean;
  /** A token in the request that creates its session, which for as long is one's own. */
  readonly createFirstToken: boolean;
  readonly inspectTokens: boolean;
  readonly readLedger: boolean;
  /** The roles that may be granted. */
  readonly roles: readonly Role[];
  /** How long a token may live at most, in seconds. */
  readonly maxLifetime: number;
}

export function rightsOf({ scopes, videoGrant }: VideoCallerQuery["videoCaller"]): Rights {
  const { roles, sessions, names, maxLifetime } = videoGrant;
  const createSession = scopes.includes("sessions:create");
  const createFirstToken = scopes.includes("tokens:create") && roles.length > 0;
  return {
    createSession,
    ensureSession: createSession && (sessions.includes("*") || names.length > 0),
    readSessions: scopes.includes("sessions:read"),
    createTokens: createFirstToken && (sessions.length > 0 || names.length > 0),
    createFirstToken,
    inspectTokens: scopes.includes("tokens:inspect"),
    readLedger: scopes.includes("ledger:read"),
    roles,
    maxLifetime,
  };
}
