import { isUtf8 } from "node:buffer";
import { isIPv4 } from "node:net";
import { SessionNotFound } from "../errors.ts";

/**
 * The wire format of session IDs: `1_` or `2_`, then canonical base64url without padding of fields separated by `~`:
 * version, owner, location or empty, creation time, random, then trailing fields, the last of them empty. Canonical means
 * that the bits of the last character that stand for no byte are 0 (RFC 4648, 3.5), so that no two IDs say the same.
 * Source: IDs of 2013 to 2025 in public code, and the parsers of the platform's server SDKs.
 */
const WELL_FORMED = /^[12]_(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$/;
const MAX_LENGTH = 255;
const SEPARATOR = "~";
const VERSION = "1";

const EPOCH_MILLISECONDS = /^\d{13}$/;
/** How IDs of 2013 and 2014 wrote the creation time: `Sat Mar 15 14:42:23 PDT 2014`. */
const OLD_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d{2}:\d{2}:\d{2} (?:P[SD]T|UTC|GMT) \d{4}$/;

/** When the first known ID with seven fields was created, and the first with eight, in epoch milliseconds. */
const SEVEN_FIELDS = Date.parse("2014-04-20T21:20:27Z");
const EIGHT_FIELDS = 1_670_756_401_181;

/** What a session ID tells. */
export interface SessionIdFields {
  /** The project: an OpenTok API key or a Vonage application ID. The only field to rely on. */
  readonly owner: string;
  /** The IPv4 address that was given as a hint. Advisory: null rather than a guess. */
  readonly location: string | null;
  /** Advisory: the ID is unsigned. */
  readonly createdAt: Date;
}

/** Whether a text can only be the ID of a session, which nothing else that has an ID begins as. */
export function beginsAsSessionId(id: string): boolean {
  return /^[12]_/.test(id);
}

/** What a session ID tells, or null when it is malformed. That it parses proves nothing about the session's existence. */
export function parseSessionId(sessionId: string): SessionIdFields | null {
  const fields = fieldsOf(sessionId);
  if (fields === null) return null;
  const { owner, location, time } = fields;
  return { owner, location: isIPv4(location) ? location : null, createdAt: new Date(time) };
}

/** The project of a session ID, or null when it is malformed. */
export function ownerOf(sessionId: string): string | null {
  return fieldsOf(sessionId)?.owner ?? null;
}

/** Whether a project owns a session. Nobody owns one whose ID is malformed. */
export function isOwnedBy(applicationId: string, sessionId: string): boolean {
  return ownerOf(sessionId) === applicationId;
}

/** @throws {SessionNotFound} when the ID is malformed, or another project owns the session */
export function checkOwner(applicationId: string, sessionId: string): void {
  const owner = ownerOf(sessionId);
  if (owner === applicationId) return;
  throw new SessionNotFound(
    owner === null
      ? "sessionId is malformed; it must be exactly as createSession returned it"
      : `sessionId is of another project than this server's, ${applicationId}`,
  );
}

/** The fields of a well-formed ID; `time` is in epoch milliseconds. */
function fieldsOf(sessionId: string): { owner: string; location: string; time: number } | null {
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
 * How many fields an ID has at least that was created at this time: six, seven since April 2014, eight since December 2022.
 * Between the last known ID of one format and the first of the next, the smaller number is enough; the format may grow again.
 *
 * This refuses every beginning of an ID: a cut one that ends in `~` would otherwise be one of the older format.
 *
 * @param time in epoch milliseconds; no ID has enough fields for NaN
 */
function leastFields(time: number): number {
  if (time < SEVEN_FIELDS) return 6;
  if (time < EIGHT_FIELDS) return 7;
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : 8;
}

/** In epoch milliseconds; NaN when it does not parse. */
function timeOf(written: string): number {
  if (EPOCH_MILLISECONDS.test(written)) return Number(written);
  return OLD_DATE.test(written) ? Date.parse(written) : Number.NaN;
}

/**
 * A session ID in the platform's own format.
 *
 * @param random unguessable, and free of `~`, such as base64
 */
export function composeSessionId(fields: SessionIdFields & { readonly random: string }): string {
  const { owner, location, createdAt, random } = fields;
  const text = [VERSION, owner, location ?? "", createdAt.getTime(), random, "P", "", ""].join(SEPARATOR);
  return `1_${Buffer.from(text).toString("base64url")}`;
}
