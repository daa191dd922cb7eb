import { isUtf8 } from "node:buffer";
import { isIPv4 } from "node:net";
import { SessionNotFound } from "../errors.ts";

/**
 * The format of session IDs: `1_` or `2_`, then fields separated by `~`, in canonical base64url without padding.
 * The fields: version, owner, location or empty, creation time, random, then trailing fields, the last of which is empty.
 * Canonical means that the unused bits of the last character are 0 (RFC 4648, 3.5), so no two IDs have the same fields.
 * Source: IDs of 2013 to 2025 in public code, and the parsers of the platform's server SDKs.
 */
const WELL_FORMED = /^[12]_(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$/;
const MAX_LENGTH = 255;
const SEPARATOR = "~";
const VERSION = "1";

const EPOCH_MILLISECONDS = /^\d{13}$/;
/** The creation time in IDs of 2013 and 2014, such as `Sat Mar 15 14:42:23 PDT 2014`. */
const OLD_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d{2}:\d{2}:\d{2} (?:P[SD]T|UTC|GMT) \d{4}$/;

/** The creation times of the first known IDs with seven and with eight fields, in epoch milliseconds. */
const SEVEN_FIELDS = Date.parse("2014-04-20T21:20:27Z");
const EIGHT_FIELDS = 1_670_756_401_181;

/** The fields of a session ID. */
export interface SessionIdFields {
  /** The project: an OpenTok API key or a Vonage application ID. The only reliable field. */
  readonly owner: string;
  /** The IPv4 address of the location hint; null if absent or invalid. Advisory. */
  readonly location: string | null;
  /** Advisory, because the ID is unsigned. */
  readonly createdAt: Date;
}

/** Whether a node ID can only be that of a session, because no other node ID begins so. */
export function beginsAsSessionId(id: string): boolean {
  return /^[12]_/.test(id);
}

/** The fields of a session ID, or null if it is malformed. A well-formed ID does not prove that the session exists. */
export function parseSessionId(sessionId: string): SessionIdFields | null {
  const fields = fieldsOf(sessionId);
  if (fields === null) return null;
  const { owner, location, time } = fields;
  return { owner, location: isIPv4(location) ? location : null, createdAt: new Date(time) };
}

/** The project of a session ID, or null if it is malformed. */
export function ownerOf(sessionId: string): string | null {
  return fieldsOf(sessionId)?.owner ?? null;
}

/** Whether a project owns a session. A malformed ID has no owner. */
export function isOwnedBy(applicationId: string, sessionId: string): boolean {
  return ownerOf(sessionId) === applicationId;
}

/** How many first characters of a session ID tell whether a project owns it. */
export function ownerLength(applicationId: string): number {
  const decisive = VERSION + SEPARATOR + applicationId + SEPARATOR;
  // After `1_` or `2_`, base64 writes three bytes as four characters.
  return 2 + Math.ceil((Buffer.byteLength(decisive) * 4) / 3);
}

/** @throws {SessionNotFound} if the ID is malformed or another project owns the session */
export function checkOwner(applicationId: string, sessionId: string): void {
  const owner = ownerOf(sessionId);
  if (owner === applicationId) return;
  throw new SessionNotFound(
    owner === null
      ? "sessionId is malformed; it must be exactly as createSession returned it"
      : `sessionId belongs to another project; this server's project is ${applicationId}`,
  );
}

interface Fields {
  readonly owner: string;
  readonly location: string;
  /** In epoch milliseconds. */
  readonly time: number;
}

/** The fields of IDs that were read before, because a session has many participants. */
const known = new Map<string, Fields>();
const MOST_KNOWN = 1000;

/** The fields of an ID; null if it is malformed. */
function fieldsOf(sessionId: string): Fields | null {
  const before = known.get(sessionId);
  if (before) return before;
  const fields = readFields(sessionId);
  if (known.size === MOST_KNOWN) known.clear();
  if (fields) known.set(sessionId, fields);
  return fields;
}

function readFields(sessionId: string): Fields | null {
  if (sessionId.length > MAX_LENGTH || !WELL_FORMED.test(sessionId)) return null;
  const bytes = Buffer.from(sessionId.slice(2), "base64url");
  if (!isUtf8(bytes)) return null;
  const fields = bytes.toString("utf8").split(SEPARATOR);
  const [version, owner, location = "", written = "", random] = fields;
  if (version !== VERSION || !owner || !random || fields.at(-1) !== "") return null;
  const time = timeOf(written);
  return fields.length >= leastFields(time) ? { owner, location, time } : null;
}

/**
 * The fewest fields of an ID with this creation time: six, since April 2014 seven, since December 2022 eight.
 * Between the last known ID of one format and the first of the next, the smaller number is enough. More fields are allowed.
 *
 * The rule refuses a truncated ID that ends in `~`, which would otherwise pass as an older format.
 *
 * @param time in epoch milliseconds; no number of fields is enough for NaN
 */
function leastFields(time: number): number {
  if (time < SEVEN_FIELDS) return 6;
  if (time < EIGHT_FIELDS) return 7;
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : 8;
}

/** The creation time in epoch milliseconds; NaN if it does not parse. */
function timeOf(written: string): number {
  if (EPOCH_MILLISECONDS.test(written)) return Number(written);
  return OLD_DATE.test(written) ? Date.parse(written) : Number.NaN;
}

/**
 * Composes a session ID in the platform's format.
 *
 * @param random an unguessable text without `~`, such as base64
 */
export function composeSessionId(fields: SessionIdFields & { readonly random: string }): string {
  const { owner, location, createdAt, random } = fields;
  const text = [VERSION, owner, location ?? "", createdAt.getTime(), random, "P", "", ""].join(SEPARATOR);
  return `1_${Buffer.from(text).toString("base64url")}`;
}
