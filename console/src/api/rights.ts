import type { VideoCallerQuery } from "../generated/documents.ts";

/** The functions that the console offers. It hides those that the server would certainly refuse. */
export type Rights = Readonly<ReturnType<typeof rightsOf>>;

export function rightsOf({ scopes, videoGrant }: VideoCallerQuery["videoCaller"]) {
  const { roles, sessions, names, maxLifetime, identity } = videoGrant;
  const createSession = scopes.includes("sessions:create");
  const createFirstToken = scopes.includes("tokens:create") && roles.length > 0;
  return {
    createSession,
    ensureSession: createSession && (sessions.includes("*") || names.length > 0),
    readSessions: scopes.includes("sessions:read"),
    createTokens: createFirstToken && (sessions.length > 0 || names.length > 0),
    /** A token in the same request as its new session, which the caller owns during that request. */
    createFirstToken,
    inspectTokens: scopes.includes("tokens:inspect"),
    readLedger: scopes.includes("ledger:read"),
    readParticipants: scopes.includes("participants:read"),
    manageParticipants: scopes.includes("participants:manage"),
    manageBans: scopes.includes("bans:manage"),
    manageKeys: scopes.includes("keys:manage"),
    /** All scopes of the caller, which are also those that it may give to keys. */
    scopes,
    /** Whether the caller may use every session, so that it may ban from all of them. */
    everySession: sessions.includes("*"),
    /** The roles that the caller may grant. */
    roles,
    /** The longest lifetime of a token, in seconds. */
    maxLifetime,
    /** The identity of all tokens of the caller; null if it can choose. */
    identity,
  };
}
