import { isIPv4 } from "node:net";
import { SessionNotFound } from "../errors.ts";

/**
 * The session ID's wire format: `1_` or `2_`, then base64url without padding of fields separated by `~`:
 * version, owner, location or empty, creation time, random, then one or more trailing fields.
 * Source: the IDs that the platform returns, and the parsers of its server SDKs.
 */
const WELL_FORMED = /^[12]_[A-Za-z0-9_-]+$/;
const MAX_LENGTH = 255;
const SEPARATOR = "~";

const EPOCH_MILLISECONDS = /^\d{13}$/;
/** How IDs of 2014 wrote the creation time: `Sat Mar 15 14:42:23 PDT 2014`. */
const OLD_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d{2}:\d{2}:\d{2} (?:P[SD]T|UTC|GMT) \d{4}$/;

/** What a session ID tells. */
export interface SessionIdFields {
  /** The project: an OpenTok API key or a Vonage application ID. The only field to rely on. */
  readonly owner: string;
  /** The IPv4 address that was given as a hint. Advisory: null rather than a guess. */
  readonly location: string | null;
  /** Advisory: null rather than a guess. */
  readonly createdAt: Date | null;
}

/**
 * What a session ID tells, or null when it is malformed. The ID is unsigned: that it parses proves nothing
 * about the session's existence.
 */
export function parseSessionId(sessionId: string): SessionIdFields | null {
  const [, owner, location = "", time = ""] = fieldsOf(sessionId);
  if (!owner) return null;
  return { owner, location: isIPv4(location) ? location : null, createdAt: parseTime(time) };
}

/** The project of a session ID, or null when it is malformed; in half the time of the rest. */
export function ownerOf(sessionId: string): string | null {
  return fieldsOf(sessionId)[1] || null;
}

/** Whether a project owns a session. Nobody owns one whose ID is malformed. */
export function isOwnedBy(applicationId: string, sessionId: string): boolean {
  return ownerOf(sessionId) === applicationId;
}

/** @throws {SessionNotFound} when the ID is malformed, or another project owns the session */
export function checkOwner(applicationId: string, sessionId: string): void {
  if (isOwnedBy(applicationId, sessionId)) return;
  throw new SessionNotFound(
    ownerOf(sessionId) === null
      ? "sessionId is malformed; it must be exactly as createSession returned it"
      : `sessionId is of another project than this server's, ${applicationId}`,
  );
}

/** None of a malformed one. */
function fieldsOf(sessionId: string): string[] {
  if (sessionId.length > MAX_LENGTH || !WELL_FORMED.test(sessionId)) return [];
  return Buffer.from(sessionId.slice(2), "base64url").toString("utf8").split(SEPARATOR);
}

function parseTime(time: string): Date | null {
  if (EPOCH_MILLISECONDS.test(time)) return new Date(Number(time));
  if (!OLD_DATE.test(time)) return null;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date;
}

/**
 * A session ID in the platform's own format.
 *
 * @param random unguessable, and free of `~`, such as base64
 */
export function composeSessionId(
  fields: SessionIdFields & { readonly createdAt: Date; readonly random: string },
): string {
  const { owner, location, createdAt, random } = fields;
  const text = ["1", owner, location ?? "", createdAt.getTime(), random, "P", "", ""].join(SEPARATOR);
  return `1_${Buffer.from(text).toString("base64url")}`;
}
