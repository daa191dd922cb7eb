import { Role } from "../domain/role.ts";
import { ALL_SESSIONS, NO_SESSIONS, type SessionSelection } from "../domain/session-selection.ts";
import { isStorable } from "../domain/text.ts";

/** Which tokens a caller may have generated. */
export interface VideoGrant {
  readonly roles: ReadonlySet<Role>;
  /** The sessions that may be used, beside those that the caller creates in the same request. */
  readonly sessions: SessionSelection;
  /** How long a token may live at most, in seconds; null leaves it to the platform's limit. */
  readonly maxLifetime: number | null;
}

/** Grants nothing. */
export const NO_GRANT: VideoGrant = { roles: new Set(), sessions: NO_SESSIONS, maxLifetime: null };

/** Grants everything. */
export const FULL_GRANT: VideoGrant = {
  roles: new Set(Object.values(Role)),
  sessions: ALL_SESSIONS,
  maxLifetime: null,
};

/** Every session, and every name that begins as what is before it. */
export const ANY = "*";

/** The most that a list of a grant may have. */
const MAX_ENTRIES = 100;

/** What is wrong with a `video_grant` claim, for whoever wrote it. */
export class MalformedGrant extends Error {}

/**
 * The grant of a `video_grant` claim:
 * `{ roles: [Role], sessions: [ID or "*"], names: [name, prefix with a trailing "*", or "*"], maxLifetime: seconds }`.
 * A list has at most 100 of them. What is missing grants nothing, but for `maxLifetime`, which only limits.
 *
 * @throws {MalformedGrant} when anything in it is not as above, an unknown member too: it may be a limit, misspelt
 */
export function readVideoGrant(claim: unknown): VideoGrant {
  if (claim === undefined) return NO_GRANT;
  if (typeof claim !== "object" || claim === null || Array.isArray(claim)) {
    throw new MalformedGrant("video_grant must be an object");
  }
  const { roles, sessions, names, maxLifetime, ...others } = claim as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new MalformedGrant("video_grant has roles, sessions, names and maxLifetime, and nothing else");
  }
  return {
    roles: new Set(stringsOf("roles", roles).map(roleNamed)),
    sessions: selectionOf(stringsOf("sessions", sessions), stringsOf("names", names)),
    maxLifetime: maxLifetime === undefined ? null : secondsOf(maxLifetime),
  };
}

/** As `readVideoGrant`, but a malformed claim grants nothing. */
export function parseVideoGrant(claim: unknown): VideoGrant {
  try {
    return readVideoGrant(claim);
  } catch (error) {
    if (error instanceof MalformedGrant) return NO_GRANT;
    throw error;
  }
}

function stringsOf(member: string, value: unknown): string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.length <= MAX_ENTRIES;
  const isGood = (item: unknown) => typeof item === "string" && item !== "" && isStorable(item);
  if (isList && value.every(isGood)) return value;
  throw new MalformedGrant(
    `video_grant.${member} must be a list of at most ${MAX_ENTRIES} strings of Unicode without U+0000, none of them empty`,
  );
}

function roleNamed(name: string): Role {
  if (Object.hasOwn(Role, name)) return Role[name as keyof typeof Role];
  throw new MalformedGrant(`video_grant.roles may have ${Object.keys(Role).join(", ")}`);
}

function selectionOf(sessions: string[], names: string[]): SessionSelection {
  if (sessions.some((id) => id !== ANY && id.includes(ANY))) {
    throw new MalformedGrant('video_grant.sessions may have session IDs, or "*" for every session');
  }
  if (names.some((name) => name.slice(0, -1).includes(ANY))) {
    throw new MalformedGrant('video_grant.names may have a "*" only at the end of a name');
  }
  const isPrefix = (name: string) => name.endsWith(ANY);
  return {
    all: sessions.includes(ANY),
    ids: new Set(sessions),
    names: new Set(names.filter((name) => !isPrefix(name))),
    namePrefixes: names.filter(isPrefix).map((name) => name.slice(0, -1)),
  };
}

function secondsOf(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new MalformedGrant("video_grant.maxLifetime must be a whole number of seconds, at least 1");
}
