import { isIPv4 } from "node:net";
import { BadUserInput, quote } from "../errors.ts";
import { enumName } from "./enum-name.ts";
import type { SessionIdFields } from "./session-id.ts";
import { checkLine } from "./text.ts";

/** How media flows between the participants. The values are the platform's names. */
export enum MediaMode {
  RELAYED = "relayed",
  ROUTED = "routed",
}

/** Whether the platform records the session automatically. The values are the platform's names. */
export enum ArchiveMode {
  MANUAL = "manual",
  ALWAYS = "always",
}

/** The resolution of automatic archives. The values are the platform's names. */
export enum ArchiveResolution {
  SD_LANDSCAPE = "640x480",
  SD_PORTRAIT = "480x640",
  HD_LANDSCAPE = "1280x720",
  HD_PORTRAIT = "720x1280",
  FHD_LANDSCAPE = "1920x1080",
  FHD_PORTRAIT = "1080x1920",
}

/** The longest `archiveName`, in UTF-16 code units. */
export const MAX_ARCHIVE_NAME_LENGTH = 80;

/** The highest limit of participants. */
export const MAX_PARTICIPANTS = 10_000;

/** The options of a new session, with defaults applied and rules checked. */
export interface SessionOptions {
  readonly mediaMode: MediaMode;
  readonly archiveMode: ArchiveMode;
  readonly archiveName: string | null;
  readonly archiveResolution: ArchiveResolution | null;
  readonly location: string | null;
  readonly e2ee: boolean;
  /** The most participants at a time; null for no limit. Unlike the others, it can change, and the platform does not know it. */
  readonly maxParticipants: number | null;
}

/** The options that a caller gives. An option that is absent or null gets its default. */
export type SessionOptionsInput = { readonly [K in keyof SessionOptions]?: SessionOptions[K] | null };

/** A session. A null field is unset, or unknown because the session was created elsewhere. */
export interface Session {
  readonly sessionId: string;
  /** The project that owns the session: an OpenTok API key or a Vonage application ID. */
  readonly applicationId: string;
  readonly name: string | null;
  readonly mediaMode: MediaMode | null;
  readonly archiveMode: ArchiveMode | null;
  readonly archiveName: string | null;
  readonly archiveResolution: ArchiveResolution | null;
  readonly location: string | null;
  readonly e2ee: boolean | null;
  /** The most participants at a time; null for no limit. */
  readonly maxParticipants: number | null;
  readonly createdAt: Date | null;
  /** Whether this server's database has the session; otherwise only its ID is known. */
  readonly createdHere: boolean;
}

/** The given options, in a fixed order. */
export function givenOptions({
  mediaMode,
  archiveMode,
  archiveName,
  archiveResolution,
  location,
  e2ee,
  maxParticipants,
}: SessionOptionsInput): SessionOptionsInput {
  const options = { mediaMode, archiveMode, archiveName, archiveResolution, location, e2ee, maxParticipants };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value != null));
}

/**
 * Checks that a session has the given options. An option that is absent or null is not compared.
 *
 * @throws {BadUserInput} naming the first different option
 */
export function checkSameOptions(session: Session, input: SessionOptionsInput): void {
  const given = givenOptions(input);
  for (const option of Object.keys(given) as (keyof SessionOptions)[]) {
    const value = given[option] ?? null;
    if (session[option] === value) continue;
    const [is, asked] = [nameOf(option, session[option]), nameOf(option, value)];
    throw new BadUserInput(
      option,
      `${option} is ${is} in the session with this name, but ${asked} was requested`,
    );
  }
}

const ENUMS = { mediaMode: MediaMode, archiveMode: ArchiveMode, archiveResolution: ArchiveResolution };

/** The value of an option as in the schema. */
function nameOf(option: keyof SessionOptions, value: string | boolean | number | null): string {
  if (typeof value !== "string") return String(value);
  const names = option in ENUMS ? ENUMS[option as keyof typeof ENUMS] : {};
  return enumName(names, value) ?? quote(value);
}

/**
 * Applies the defaults, then checks the rules between the options, so defaults count like given options.
 *
 * @throws {BadUserInput} naming the option that needs another one
 */
export function sessionOptions(input: SessionOptionsInput): SessionOptions {
  const options: SessionOptions = {
    mediaMode: input.mediaMode ?? MediaMode.RELAYED,
    archiveMode: input.archiveMode ?? ArchiveMode.MANUAL,
    archiveName: input.archiveName ?? null,
    archiveResolution: input.archiveResolution ?? null,
    location: input.location ?? null,
    e2ee: input.e2ee ?? false,
    maxParticipants: input.maxParticipants == null ? null : checkMaxParticipants(input.maxParticipants),
  };
  const { mediaMode, archiveMode, archiveName, archiveResolution, location, e2ee } = options;
  const routed = mediaMode === MediaMode.ROUTED;
  const always = archiveMode === ArchiveMode.ALWAYS;

  if (always && !routed) {
    throw new BadUserInput(
      "archiveMode",
      "archiveMode: ALWAYS needs a routed session; add mediaMode: ROUTED",
    );
  }
  if (archiveName !== null && !always) {
    throw new BadUserInput("archiveName", "archiveName needs automatic archives; add archiveMode: ALWAYS");
  }
  if (archiveName !== null) checkLine("archiveName", archiveName, MAX_ARCHIVE_NAME_LENGTH);
  if (archiveResolution !== null && !always) {
    throw new BadUserInput(
      "archiveResolution",
      "archiveResolution needs automatic archives; add archiveMode: ALWAYS",
    );
  }
  if (e2ee && !routed) {
    throw new BadUserInput("e2ee", "e2ee: true needs a routed session; add mediaMode: ROUTED");
  }
  if (e2ee && always) {
    throw new BadUserInput(
      "e2ee",
      "e2ee: true excludes archiveMode: ALWAYS; an end-to-end encrypted session cannot be archived",
    );
  }
  if (location !== null && !isIPv4(location)) {
    throw new BadUserInput(
      "location",
      `location must be an IPv4 address such as "203.0.113.7"; ${quote(location)} was given`,
    );
  }
  return options;
}

/** The resolution of automatic archives, for which the platform has a default; null if the session has none. */
export function recordedResolution({
  archiveMode,
  archiveResolution,
}: SessionOptions): ArchiveResolution | null {
  return archiveMode === ArchiveMode.ALWAYS
    ? (archiveResolution ?? ArchiveResolution.SD_LANDSCAPE)
    : archiveResolution;
}

/** @throws {BadUserInput} naming `maxParticipants` */
export function checkMaxParticipants(maxParticipants: number): number {
  if (Number.isInteger(maxParticipants) && maxParticipants >= 1 && maxParticipants <= MAX_PARTICIPANTS)
    return maxParticipants;
  throw new BadUserInput(
    "maxParticipants",
    `maxParticipants must be from 1 to ${MAX_PARTICIPANTS}; ${maxParticipants} was given`,
  );
}

/** A session of the project that was created elsewhere. Fields that its ID does not have are null. */
export function sessionKnownById(
  sessionId: string,
  { owner, location, createdAt }: SessionIdFields,
): Session {
  return {
    sessionId,
    applicationId: owner,
    name: null,
    mediaMode: null,
    archiveMode: null,
    archiveName: null,
    archiveResolution: null,
    location,
    e2ee: null,
    maxParticipants: null,
    createdAt,
    createdHere: false,
  };
}
