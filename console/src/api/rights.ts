import type { Role, VideoCallerQuery } from "../generated/documents.ts";

/** The functions that the console offers. It hides those that the server would certainly refuse. */
export interface Rights {
  readonly createSession: boolean;
  readonly ensureSession: boolean;
  readonly readSessions: boolean;
  readonly createTokens: boolean;
  /** A token in the same request as its new session, which the caller owns during that request. */
  readonly createFirstToken: boolean;
  readonly inspectTokens: boolean;
  readonly readLedger: boolean;
  readonly readParticipants: boolean;
  readonly manageParticipants: boolean;
  readonly manageBans: boolean;
  readonly manageKeys: boolean;
  /** All scopes of the caller, which are also those that it may give to keys. */
  readonly scopes: readonly string[];
  /** Whether the caller may use every session, so that it may ban from all of them. */
  readonly everySession: boolean;
  /** The roles that the caller may grant. */
  readonly roles: readonly Role[];
  /** The longest lifetime of a token, in seconds. */
  readonly maxLifetime: number;
  /** The identity of all tokens of the caller; null if it can choose. */
  readonly identity: string | null;
}

export function rightsOf({ scopes, videoGrant }: VideoCallerQuery["videoCaller"]): Rights {
  const { roles, sessions, names, maxLifetime, identity } = videoGrant;
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
    readParticipants: scopes.includes("participants:read"),
    manageParticipants: scopes.includes("participants:manage"),
    manageBans: scopes.includes("bans:manage"),
    manageKeys: scopes.includes("keys:manage"),
    scopes,
    everySession: sessions.includes("*"),
    roles,
    maxLifetime,
    identity,
  };
}
