import { beginsAsBanId } from "../domain/ban.ts";
import { beginsAsParticipantId } from "../domain/participant.ts";
import { type Role, roleName } from "../domain/role.ts";
import { recordedResolution, type SessionOptions, type SessionOptionsInput } from "../domain/session.ts";
import { beginsAsSessionId } from "../domain/session-id.ts";
import {
  isNameSelected,
  isSelected,
  type SessionSelection,
  selectsByName,
} from "../domain/session-selection.ts";
import { Forbidden } from "../errors.ts";
import type { Caller } from "./caller.ts";
import type { ClaimProblem } from "./claim-problem.ts";
import type { Scope } from "./scope.ts";

/**
 * The scope that each field needs; null if every caller may use it. The list has every field of Query, Mutation and Subscription, and every other
 * field with an effect. No caller may use a field that is missing here.
 */
export const REQUIRED_SCOPE: Readonly<Record<string, Scope | null>> = {
  "Query.videoCaller": null,
  "VideoCaller.can": null,
  "Query.videoProject": null,
  // The required scope depends on the type of the object.
  "Query.node": null,
  "Query.session": "sessions:read",
  "Query.sessions": "sessions:read",
  // Not limited to the caller's sessions: the holder of a token can read it and connect with it anyway.
  "Query.inspectToken": "tokens:inspect",
  "Query.issuedTokens": "ledger:read",
  "Query.issuances": "ledger:read",
  "Query.participant": "participants:read",
  "Query.bans": "bans:manage",
  // Each shows and changes only keys that grant no more than the caller has.
  "Query.apiKeys": "keys:manage",
  // A federation router uses these two.
  "Query._service": null,
  "Query._entities": "sessions:read",
  "Mutation.createSession": "sessions:create",
  "Mutation.ensureSession": "sessions:create",
  "Mutation.generateToken": "tokens:create",
  "Mutation.generateTokens": "tokens:create",
  // With the argument `ban`, it needs bans:manage too.
  "Mutation.removeParticipant": "participants:manage",
  "Mutation.muteParticipant": "participants:manage",
  "Mutation.muteSession": "participants:manage",
  "Mutation.sendSignal": "participants:manage",
  "Mutation.setMaxParticipants": "participants:manage",
  "Mutation.banIdentity": "bans:manage",
  "Mutation.liftBan": "bans:manage",
  "Mutation.revokeToken": "bans:manage",
  "Mutation.createApiKey": "keys:manage",
  "Mutation.revokeApiKey": "keys:manage",
  "Session.generateToken": "tokens:create",
  "Session.issuedTokens": "ledger:read",
  "Subscription.participantChanged": "participants:read",
  "Session.participants": "participants:read",
  "Session.participantCount": "participants:read",
  "Participant.token": "ledger:read",
  "IssuedToken.usedBy": "participants:read",
};

/** The scope that an argument of a field needs, besides the scope of the field. */
export const REQUIRED_SCOPE_OF_ARGUMENT = {
  "ensureSession(maxAge:)": "sessions:replace",
  "removeParticipant(ban:)": "bans:manage",
} as const satisfies Readonly<Record<string, Scope>>;

/** An argument that needs a scope, such as `ensureSession(maxAge:)`. */
export type GuardedArgument = keyof typeof REQUIRED_SCOPE_OF_ARGUMENT;

/** @throws {Forbidden} if the caller lacks the scope of the field, such as `Query.session` */
export function checkScope(caller: Caller, field: string): void {
  const scope = Object.hasOwn(REQUIRED_SCOPE, field) ? REQUIRED_SCOPE[field] : undefined;
  if (scope === undefined) throw new Forbidden(`no caller may use ${field}`);
  if (scope !== null) requireScope(caller, field, scope);
}

/** @throws {Forbidden} if the caller lacks the scope of `Query.node` for the kind of this ID */
export function checkNode(caller: Caller, id: string): void {
  requireScope(caller, "Query.node", scopeOfNode(id));
}

function scopeOfNode(id: string): Scope {
  if (beginsAsSessionId(id)) return "sessions:read";
  if (beginsAsBanId(id)) return "bans:manage";
  return beginsAsParticipantId(id) ? "participants:read" : "ledger:read";
}

/** @throws {Forbidden} if the caller lacks the scope, which `field` needs */
export function requireScope({ scopes, problems }: Caller, field: string, required: Scope): void {
  if (scopes.has(required)) return;
  const isCause = ({ member, scope = required }: ClaimProblem) => member === "scope" && scope === required;
  throw forbidden(
    `${field} requires the scope ${required}`,
    { requiredScope: required },
    problems.filter(isCause),
  );
}

/** @throws {Forbidden} if the caller may not grant the role */
export function checkRole(caller: Caller, role: Role): void {
  if (!caller.permissions.roles.has(role)) {
    const name = roleName(role);
    throw beyondGrant(caller, `the caller may not grant the role ${name}`, { requiredRole: name });
  }
}

/** Whether the decision about a session depends on its name. */
export function needsSessionName({ permissions, admitted }: Caller, sessionId: string): boolean {
  return (
    selectsByName(permissions.sessions) &&
    !admitted.has(sessionId) &&
    !isSelected(permissions.sessions, sessionId, null)
  );
}

/** Whether the caller may use a session. `name` is null if the session has no name. */
export function mayUseSession(
  { permissions, admitted }: Caller,
  sessionId: string,
  name: string | null,
): boolean {
  return admitted.has(sessionId) || isSelected(permissions.sessions, sessionId, name);
}

/** @throws {Forbidden} if the caller may not use the session */
export function checkSession(caller: Caller, sessionId: string, name: string | null): void {
  if (!mayUseSession(caller, sessionId, name)) {
    throw beyondGrant(caller, "the caller may not use this session", { requiredSession: sessionId });
  }
}

/**
 * Checks that the caller may use every session with a name, because the session of a name can be replaced.
 *
 * @throws {Forbidden} if the caller may not use the name
 */
export function checkName(caller: Caller, name: string): void {
  if (!isNameSelected(caller.permissions.sessions, name)) {
    throw beyondGrant(caller, "the caller may not use this name", { requiredName: name });
  }
}

/** An invalid grant may be the cause of a missing permission. */
export function beyondGrant(
  { problems }: Caller,
  reason: string,
  details: Record<string, unknown>,
): Forbidden {
  return forbidden(
    reason,
    details,
    problems.filter(({ member }) => member !== "scope"),
  );
}

/** The error, with the invalid claims that may be its cause. */
function forbidden(
  reason: string,
  details: Record<string, unknown>,
  causes: readonly ClaimProblem[],
): Forbidden {
  if (causes.length === 0) return new Forbidden(reason, details);
  const problem = causes.map(({ says }) => says).join("; ");
  return new Forbidden(`${reason}; ${problem}`, { ...details, problem });
}

/** The sessions that the caller may list. */
export function listableSessions({ permissions }: Caller): SessionSelection {
  return permissions.sessions;
}

/**
 * The identity of a caller's token: that of its grant, otherwise the requested one.
 *
 * @throws {Forbidden} if another one is requested than that of the grant
 */
export function boundIdentity(caller: Caller, identity: string | null): string | null {
  const bound = caller.permissions.identity;
  if (bound !== null && identity !== null && identity !== bound) {
    throw beyondGrant(caller, "the caller's tokens have another identity", { requiredIdentity: identity });
  }
  return bound ?? identity;
}

/**
 * The connection data of a caller's token: that of its grant, otherwise the requested data.
 *
 * @throws {Forbidden} if other data is requested than that of the grant; the error does not repeat it
 */
export function boundData(caller: Caller, data: string | null): string | null {
  const bound = caller.permissions.data;
  if (bound !== null && data !== null && data !== bound) {
    throw beyondGrant(caller, "the caller's tokens have other connection data", { requiredData: true });
  }
  return bound ?? data;
}

/**
 * @param maxAge whether the caller asks to replace an old session
 * @throws {Forbidden} if the caller may not request one of the options that are not null, or `maxAge`
 */
export function checkOptions(caller: Caller, options: SessionOptionsInput, maxAge: boolean): void {
  if (maxAge) checkArgument(caller, "ensureSession(maxAge:)");
  for (const [option, allowed] of Object.entries(caller.permissions.sessionOptions)) {
    const value = options[option as keyof SessionOptionsInput] ?? null;
    if (value !== null && !(allowed as ReadonlySet<unknown>).has(value)) {
      throw beyondGrant(caller, `the caller may not create sessions with this ${option}`, {
        requiredOption: option,
      });
    }
  }
}

/** @throws {Forbidden} if the caller may not create a session with these options, given or by default */
export function checkNewSession(caller: Caller, options: SessionOptions): void {
  checkOptions(caller, { ...options, archiveResolution: recordedResolution(options) }, false);
}

/** @throws {Forbidden} if the caller lacks the scope that an argument of a field needs */
export function checkArgument(caller: Caller, argument: GuardedArgument): void {
  requireScope(caller, argument, REQUIRED_SCOPE_OF_ARGUMENT[argument]);
}

/** @throws {Forbidden} if the caller may not use every session */
export function checkEverySession(caller: Caller): void {
  if (!caller.permissions.sessions.all) {
    throw beyondGrant(caller, "the caller may not use every session", { requiredSession: "*" });
  }
}

/**
 * Checks what a caller does to participants of a session that it may use.
 *
 * @param isModerated looks up whether this identity is a moderator in the session now
 * @throws {Forbidden} if the caller may manage only as a moderator, and is none there
 */
export async function checkManages(
  caller: Caller,
  sessionId: string,
  isModerated: (sessionId: string, identity: string) => Promise<boolean>,
): Promise<void> {
  const { asModerator, identity } = caller.permissions;
  if (!asModerator || (identity !== null && (await isModerated(sessionId, identity)))) return;
  throw beyondGrant(caller, "the caller is no moderator in this session now", {
    requiredModerator: sessionId,
  });
}

/**
 * @param lifetime in seconds
 * @throws {Forbidden} if the lifetime exceeds that of the caller's tokens
 */
export function checkLifetime({ permissions: { maxLifetime } }: Caller, lifetime: number): void {
  if (maxLifetime !== null && lifetime > maxLifetime) {
    throw new Forbidden(
      `the caller's tokens may live for at most ${maxLifetime} seconds; ${lifetime} were requested`,
      { requiredLifetime: lifetime, maxLifetime },
    );
  }
}
