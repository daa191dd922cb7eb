import { MAX_LIFETIME } from "../domain/grant.ts";
import { type Role, roleName } from "../domain/role.ts";
import { isNameSelected, type SessionSelection } from "../domain/session-selection.ts";
import type { Caller } from "./caller.ts";
import { type ReadClaims, readClaims } from "./claims.ts";
import { ALL_PERMISSIONS, type AllowedOptions, ANY, type Permissions } from "./permissions.ts";
import { beyondGrant, requireScope } from "./policy.ts";

/** The scopes and the permissions of an API key. */
export type KeyGrant = Pick<ReadClaims, "scopes" | "permissions">;

/** The reason why permissions exceed others, and the missing one for `extensions`. */
type Beyond = readonly [reason: string, details: Readonly<Record<string, unknown>>];

/**
 * The grant of an API key, for comparisons. A malformed grant counts as one without limits: another version of the
 * server may read more in it.
 */
export function grantOf(claims: Readonly<Record<string, unknown>>): KeyGrant {
  const { scopes, permissions, problems } = readClaims(claims);
  return { scopes, permissions: problems.length > 0 ? ALL_PERMISSIONS : permissions };
}

/**
 * Checks that a caller has every permission of a key.
 *
 * @throws {Forbidden} naming the first permission that the caller lacks
 */
export function checkWithin(caller: Caller, { scopes, permissions }: KeyGrant): void {
  for (const scope of scopes) requireScope(caller, `a key with ${scope}`, scope);
  const beyond = beyondOf(caller.permissions, permissions);
  if (beyond) throw beyondGrant(caller, ...beyond);
}

/** Whether a caller has every permission of a key. */
export function isWithin(caller: Caller, { scopes, permissions }: KeyGrant): boolean {
  const hasScopes = [...scopes].every((scope) => caller.scopes.has(scope));
  return hasScopes && beyondOf(caller.permissions, permissions) === null;
}

/** The first permission of `wanted` that `own` lacks; null if it lacks nothing. Without a limit, `wanted` exceeds any limit of `own`. */
function beyondOf(own: Permissions, wanted: Permissions): Beyond | null {
  return (
    beyondRoles(own.roles, wanted.roles) ??
    beyondSessions(own.sessions, wanted.sessions) ??
    beyondLifetime(own.maxLifetime ?? MAX_LIFETIME, wanted.maxLifetime ?? MAX_LIFETIME) ??
    beyondIdentity(own, wanted) ??
    beyondOptions(own.sessionOptions, wanted.sessionOptions) ??
    (own.asModerator && !wanted.asModerator
      ? ["the caller's keys must have manage AS_MODERATOR", { requiredModerator: ANY }]
      : null)
  );
}

function beyondRoles(own: ReadonlySet<Role>, wanted: ReadonlySet<Role>): Beyond | null {
  const role = [...wanted].find((each) => !own.has(each));
  if (role === undefined) return null;
  const name = roleName(role);
  return [`the caller may not grant the role ${name}`, { requiredRole: name }];
}

/** An ID must be in the caller's own list: which names select it can change. */
function beyondSessions(own: SessionSelection, wanted: SessionSelection): Beyond | null {
  if (own.all) return null;
  if (wanted.all) return ["the caller may not use every session", { requiredSession: ANY }];
  const id = [...wanted.ids].find((each) => !own.ids.has(each));
  if (id !== undefined) return ["the caller may not use this session", { requiredSession: id }];
  const name = [...wanted.names].find((each) => !isNameSelected(own, each));
  const prefix = wanted.namePrefixes.find((each) => !own.namePrefixes.some((one) => each.startsWith(one)));
  const required = name ?? (prefix === undefined ? undefined : `${prefix}${ANY}`);
  return required === undefined ? null : ["the caller may not use this name", { requiredName: required }];
}

function beyondLifetime(own: number, wanted: number): Beyond | null {
  if (Math.min(wanted, MAX_LIFETIME) <= own) return null;
  const reason = `the caller's tokens may live for at most ${own} seconds; a key may not allow more`;
  return [reason, { requiredLifetime: Math.min(wanted, MAX_LIFETIME), maxLifetime: own }];
}

function beyondIdentity(own: Permissions, wanted: Permissions): Beyond | null {
  if (own.identity !== null && wanted.identity !== own.identity)
    return ["the caller's keys must have its identity", { requiredIdentity: wanted.identity }];
  if (own.data !== null && wanted.data !== own.data)
    return ["the caller's keys must have its connection data", { requiredData: true }];
  return null;
}

/** An option without a list of allowed values is free. */
function beyondOptions(own: AllowedOptions, wanted: AllowedOptions): Beyond | null {
  for (const [option, allowed] of Object.entries(own) as [keyof AllowedOptions, ReadonlySet<unknown>][]) {
    const values = wanted[option];
    if (values && [...values].every((value) => allowed.has(value))) continue;
    return [`the caller's keys may not allow every ${option}`, { requiredOption: option }];
  }
  return null;
}
