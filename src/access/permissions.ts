import { MAX_IDENTITY_LENGTH } from "../domain/connection-token.ts";
import { MAX_DATA_LENGTH } from "../domain/grant.ts";
import { Role } from "../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode, type SessionOptions } from "../domain/session.ts";
import { checkNamePrefix, checkSessionName } from "../domain/session-name.ts";
import { ALL_SESSIONS, NO_SESSIONS, type SessionSelection } from "../domain/session-selection.ts";
import { checkLine, checkStorable, checkText, isStorable } from "../domain/text.ts";
import { BadUserInput, nearest, quote } from "../errors.ts";
import { type ClaimMember, type ClaimProblem, GRANT_MEMBERS } from "./claim-problem.ts";
import { isObject, typeOf } from "./json.ts";

/** The limits of a caller's tokens, from the grant of its credential. */
export interface Permissions {
  readonly roles: ReadonlySet<Role>;
  /** The sessions that the caller may use, in addition to those that it creates in the same request. */
  readonly sessions: SessionSelection;
  /** The longest lifetime of a token, in seconds; null for the platform's limit. */
  readonly maxLifetime: number | null;
  /** The identity of all its tokens, which it cannot choose; null if it can. */
  readonly identity: string | null;
  /** The connection data of all its tokens, which it cannot choose; null if it can. */
  readonly data: string | null;
  /** The values that it may request for options of new sessions; an option that is absent is free. */
  readonly sessionOptions: AllowedOptions;
  /** Whether it may manage participants only in sessions in which its identity now is a moderator. Needs `identity`. */
  readonly asModerator: boolean;
}

/** Where a caller may manage participants and bans, if not in all its sessions. The values are those of claims. */
export enum ManageRule {
  AS_MODERATOR = "as-moderator",
}

/** The allowed values of session options. */
export type AllowedOptions = {
  readonly [K in "mediaMode" | "archiveMode" | "archiveResolution" | "e2ee"]?: ReadonlySet<
    NonNullable<SessionOptions[K]>
  >;
};

const UNBOUND = { maxLifetime: null, identity: null, data: null, sessionOptions: {}, asModerator: false };

/** Allows nothing. */
export const NO_PERMISSIONS: Permissions = { roles: new Set(), sessions: NO_SESSIONS, ...UNBOUND };

/** Allows everything. */
export const ALL_PERMISSIONS: Permissions = {
  roles: new Set(Object.values(Role)),
  sessions: ALL_SESSIONS,
  ...UNBOUND,
};

/** As an entry, all sessions or names; at the end of a name, every name with that prefix. */
export const ANY = "*";

/** The most entries of a list in a claim. */
const MAX_ENTRIES = 100;
/** How much of a member's name a message shows, in characters. */
const SHOWN = 30;

/** The values of the options that a grant can restrict, by their names in the schema. */
const OPTION_VALUES = {
  mediaMode: new Map<unknown, unknown>(Object.entries(MediaMode)),
  archiveMode: new Map<unknown, unknown>(Object.entries(ArchiveMode)),
  archiveResolution: new Map<unknown, unknown>(Object.entries(ArchiveResolution)),
  e2ee: new Map<unknown, unknown>([true, false].map((value) => [value, value])),
};

/** Allows no value of any option. */
const NO_OPTIONS: AllowedOptions = {
  mediaMode: new Set(),
  archiveMode: new Set(),
  archiveResolution: new Set(),
  e2ee: new Set(),
};

/** The permissions of a grant, and the rules that it breaks. A grant with problems allows nothing. */
export interface ReadGrant {
  readonly permissions: Permissions;
  readonly problems: readonly ClaimProblem[];
}

/** The rule that a member of a grant breaks. */
class Unreadable extends Error {}

/**
 * Reads the permissions of a grant, which is an object or its JSON text:
 * `{ roles: [Role], sessions: [ID or "*"], names: [name, prefix with a trailing "*", or "*"], maxLifetime: seconds, identity: text,
 * data: text, sessionOptions: { option: [allowed values] }, manage: "as-moderator" }`. `manage` needs `identity`.
 * A list has at most 100 entries. A missing list allows nothing; without `maxLifetime` the platform's limit applies.
 * Without the members after it, the caller is free. Names are normalized and checked as `ensureSession` does. An unknown member is a
 * problem, because it may be a misspelled limit.
 *
 * @param name the name of the grant in messages
 */
export function readGrant(claim: unknown, name = "video_grant"): ReadGrant {
  if (claim === undefined) return { permissions: NO_PERMISSIONS, problems: [] };
  const grant = objectOf(claim);
  if (grant === null) {
    const given =
      typeof claim === "string" ? "it is a string that is not a JSON object" : `it is ${typeOf(claim)}`;
    const says = `${name} must be an object or the JSON text of one; ${given}`;
    return { permissions: NO_PERMISSIONS, problems: [{ member: "grant", says }] };
  }
  const problems = unknownMembers(grant, name);
  const read = <T>(member: ClaimMember, parse: (path: string) => T, fallback: T): T => {
    try {
      return parse(`${name}.${member}`);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      problems.push({ member, says: error.message });
      return fallback;
    }
  };
  const { roles, sessions, names, maxLifetime, identity, data, sessionOptions, manage } = grant;
  const none: string[] = [];
  const permissions = {
    roles: read(
      "roles",
      (path) => new Set(textsOf(path, roles).map((role) => roleNamed(path, role))),
      new Set<Role>(),
    ),
    sessions: selectionOf(
      read("sessions", (path) => textsOf(path, sessions).map((id) => checkId(path, id)), none),
      read("names", (path) => textsOf(path, names).map((text) => checkName(path, text)), none),
    ),
    maxLifetime: read(
      "maxLifetime",
      (path) => (maxLifetime === undefined ? null : secondsOf(path, maxLifetime)),
      null,
    ),
    identity: read(
      "identity",
      (path) => textOf(path, identity, (text) => checkLine(path, text, MAX_IDENTITY_LENGTH)),
      null,
    ),
    data: read(
      "data",
      (path) => textOf(path, data, (text) => checkStorable(path, checkText(path, text, MAX_DATA_LENGTH))),
      null,
    ),
    sessionOptions: read("sessionOptions", (path) => optionsOf(path, sessionOptions), NO_OPTIONS),
    asModerator: read("manage", (path) => isAsModerator(path, manage, identity), false),
  };
  if (problems.length === 0) return { permissions, problems };
  // Sessions can be created without any grant, so restrictions of their options outlive its problems.
  const isUnclear = problems.some(({ member }) => member === "grant");
  const allowed = isUnclear ? NO_OPTIONS : permissions.sessionOptions;
  return { permissions: { ...NO_PERMISSIONS, sessionOptions: allowed }, problems };
}

/** Parses JSON text, because some providers can put only text into a token. */
function objectOf(claim: unknown): Record<string, unknown> | null {
  let value = claim;
  try {
    if (typeof claim === "string") value = JSON.parse(claim);
  } catch {
    // The claim is not JSON.
  }
  return isObject(value) ? value : null;
}

function unknownMembers(grant: Record<string, unknown>, name: string): ClaimProblem[] {
  const [unknown, ...more] = Object.keys(grant).filter(
    (member) => !GRANT_MEMBERS.some((known) => known === member),
  );
  if (unknown === undefined) return [];
  const meant = nearest(unknown, GRANT_MEMBERS);
  const others = more.length > 0 ? `, and ${more.length} more` : "";
  const advice = meant ? `; did you mean ${meant}?` : "";
  const says = `${name} can have only ${GRANT_MEMBERS.slice(0, -1).join(", ")} and ${GRANT_MEMBERS.at(-1)}; it has ${quote(unknown, SHOWN)}${others}${advice}`;
  return [{ member: "grant", says }];
}

function textsOf(path: string, value: unknown): string[] {
  if (value === undefined) return [];
  const rule = `${path} must be a list of at most ${MAX_ENTRIES} non-empty Unicode strings without U+0000`;
  if (!Array.isArray(value)) throw new Unreadable(`${rule}; it is ${typeOf(value)}`);
  if (value.length > MAX_ENTRIES) throw new Unreadable(`${rule}; it has ${value.length}`);
  for (const [i, item] of value.entries()) {
    if (typeof item === "string" && item !== "" && isStorable(item)) continue;
    const what = typeof item !== "string" ? typeOf(item) : item === "" ? "empty" : "not such a string";
    throw new Unreadable(`${rule}; its entry ${i + 1} is ${what}`);
  }
  return value;
}

function roleNamed(path: string, name: string): Role {
  if (Object.hasOwn(Role, name)) return Role[name as keyof typeof Role];
  const names = Object.keys(Role);
  const meant = nearest(name, names);
  throw new Unreadable(`${path} accepts ${names.join(", ")}${meant ? `; did you mean ${meant}?` : ""}`);
}

function checkId(path: string, id: string): string {
  if (id === ANY || !id.includes(ANY)) return id;
  throw new Unreadable(`${path} accepts session IDs, or "*" for every session`);
}

const isPrefix = (name: string) => name.endsWith(ANY);

/** A name or a prefix in normalized form. No session has a name that breaks the rules. */
function checkName(path: string, name: string): string {
  if (name.slice(0, -1).includes(ANY)) throw new Unreadable(`${path} accepts "*" only at the end of a name`);
  try {
    return isPrefix(name)
      ? `${checkNamePrefix(name.slice(0, -1), path)}${ANY}`
      : checkSessionName(name, path);
  } catch (error) {
    throw error instanceof BadUserInput ? new Unreadable(error.message) : error;
  }
}

function selectionOf(sessions: string[], names: string[]): SessionSelection {
  return {
    all: sessions.includes(ANY),
    ids: new Set(sessions),
    names: new Set(names.filter((name) => !isPrefix(name))),
    namePrefixes: names.filter(isPrefix).map((name) => name.slice(0, -1)),
  };
}

function textOf(path: string, value: unknown, check: (text: string) => string): string | null {
  if (value === undefined) return null;
  if (typeof value !== "string") throw new Unreadable(`${path} must be a string; it is ${typeOf(value)}`);
  try {
    return check(value);
  } catch (error) {
    throw error instanceof BadUserInput ? new Unreadable(error.message) : error;
  }
}

function optionsOf(path: string, value: unknown): AllowedOptions {
  if (value === undefined) return {};
  if (!isObject(value)) throw new Unreadable(`${path} must be an object; it is ${typeOf(value)}`);
  const allowed = Object.entries(value).map(([option, list]) => {
    if (!Object.hasOwn(OPTION_VALUES, option))
      throw new Unreadable(`${path} can have only ${Object.keys(OPTION_VALUES).join(", ")}`);
    const values = OPTION_VALUES[option as keyof typeof OPTION_VALUES];
    if (!Array.isArray(list) || !list.every((name) => values.has(name)))
      throw new Unreadable(`${path}.${option} must be a list of ${[...values.keys()].join(", ")}`);
    return [option, new Set(list.map((name) => values.get(name)))];
  });
  return Object.fromEntries(allowed);
}

function isAsModerator(path: string, value: unknown, identity: unknown): boolean {
  if (value === undefined) return false;
  if (value !== ManageRule.AS_MODERATOR) throw new Unreadable(`${path} must be "${ManageRule.AS_MODERATOR}"`);
  if (identity === undefined) throw new Unreadable(`${path} needs the member identity`);
  return true;
}

function secondsOf(path: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  const given = typeof value === "number" ? "" : `; it is ${typeOf(value)}`;
  throw new Unreadable(`${path} must be a whole number of seconds, at least 1${given}`);
}
