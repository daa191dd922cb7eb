import { Role } from "../domain/role.ts";
import { checkNamePrefix, checkSessionName } from "../domain/session-name.ts";
import { ALL_SESSIONS, NO_SESSIONS, type SessionSelection } from "../domain/session-selection.ts";
import { isStorable } from "../domain/text.ts";
import { BadUserInput } from "../errors.ts";

/** What a caller's tokens may grant. The claim `video_grant` of its credential says it. */
export interface Permissions {
  readonly roles: ReadonlySet<Role>;
  /** The sessions that the caller may use, beside those that it creates in the same request. */
  readonly sessions: SessionSelection;
  /** How long a token may live at most, in seconds; null leaves it to the platform's limit. */
  readonly maxLifetime: number | null;
  /** The rule that the claim breaks, where it does: then it allows nothing. */
  readonly malformed?: string;
}

/** Allows nothing. */
export const NO_PERMISSIONS: Permissions = { roles: new Set(), sessions: NO_SESSIONS, maxLifetime: null };

/** Allows everything. */
export const ALL_PERMISSIONS: Permissions = {
  roles: new Set(Object.values(Role)),
  sessions: ALL_SESSIONS,
  maxLifetime: null,
};

/** Every session, and every name that begins as what is before it. */
export const ANY = "*";

/** The longest list in a claim. */
const MAX_ENTRIES = 100;

/** A `video_grant` claim that breaks a rule. The message says which. */
export class MalformedClaim extends Error {}

/**
 * The permissions of a `video_grant` claim:
 * `{ roles: [Role], sessions: [ID or "*"], names: [name, prefix with a trailing "*", or "*"], maxLifetime: seconds }`.
 * A list has at most 100 entries. A missing list allows nothing; without `maxLifetime` the platform's limit applies. Names are
 * put into the form in which `ensureSession` keeps them, and keep the same rules.
 *
 * @throws {MalformedClaim} also for an unknown member: it may be a misspelt limit
 */
export function permissionsOf(claim: unknown): Permissions {
  if (claim === undefined) return NO_PERMISSIONS;
  if (typeof claim !== "object" || claim === null || Array.isArray(claim)) {
    throw new MalformedClaim("video_grant must be an object");
  }
  const { roles, sessions, names, maxLifetime, ...others } = claim as Record<string, unknown>;
  if (Object.keys(others).length > 0) {
    throw new MalformedClaim("video_grant has roles, sessions, names and maxLifetime, and nothing else");
  }
  return {
    roles: new Set(stringsOf("roles", roles).map(roleNamed)),
    sessions: selectionOf(stringsOf("sessions", sessions), stringsOf("names", names)),
    maxLifetime: maxLifetime === undefined ? null : secondsOf(maxLifetime),
  };
}

/** As `permissionsOf`, but a malformed claim allows nothing, and says why. */
export function permissionsOrNone(claim: unknown): Permissions {
  try {
    return permissionsOf(claim);
  } catch (error) {
    if (error instanceof MalformedClaim) return { ...NO_PERMISSIONS, malformed: error.message };
    throw error;
  }
}

function stringsOf(member: string, value: unknown): string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.length <= MAX_ENTRIES;
  const isGood = (item: unknown) => typeof item === "string" && item !== "" && isStorable(item);
  if (isList && value.every(isGood)) return value;
  throw new MalformedClaim(
    `video_grant.${member} must be a list of at most ${MAX_ENTRIES} strings of Unicode without U+0000, none of them empty`,
  );
}

function roleNamed(name: string): Role {
  if (Object.hasOwn(Role, name)) return Role[name as keyof typeof Role];
  throw new MalformedClaim(`video_grant.roles may have ${Object.keys(Role).join(", ")}`);
}

function selectionOf(sessions: string[], names: string[]): SessionSelection {
  if (sessions.some((id) => id !== ANY && id.includes(ANY))) {
    throw new MalformedClaim('video_grant.sessions may have session IDs, or "*" for every session');
  }
  if (names.some((name) => name.slice(0, -1).includes(ANY))) {
    throw new MalformedClaim('video_grant.names may have a "*" only at the end of a name');
  }
  const isPrefix = (name: string) => name.endsWith(ANY);
  return {
    all: sessions.includes(ANY),
    ids: new Set(sessions),
    names: new Set(names.filter((name) => !isPrefix(name)).map((name) => checked(checkSessionName, name))),
    namePrefixes: names.filter(isPrefix).map((name) => checked(checkNamePrefix, name.slice(0, -1))),
  };
}

/** A name, or the beginning of one, in the form in which names are compared. No session has a name that breaks the rules. */
function checked(check: (text: string, argument: string) => string, name: string): string {
  try {
    return check(name, "video_grant.names");
  } catch (error) {
    throw error instanceof BadUserInput ? new MalformedClaim(error.message) : error;
  }
}

function secondsOf(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new MalformedClaim("video_grant.maxLifetime must be a whole number of seconds, at least 1");
}
