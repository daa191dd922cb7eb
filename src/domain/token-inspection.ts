import type { TokenFormat } from "./connection-token.ts";
import { Role } from "./role.ts";
import { ownerOf } from "./session-id.ts";

/** Whether a client could connect with a token now. */
export enum TokenStatus {
  ACTIVE = "active",
  EXPIRED = "expired",
  INVALID = "invalid",
}

/** What a token grants. Every field but `status` and `reason` is null when it is invalid. */
export interface TokenInspection {
  readonly status: TokenStatus;
  /** Why it is invalid, for a person to read; null when it is genuine. */
  readonly reason: string | null;
  readonly format: TokenFormat | null;
  readonly sessionId: string | null;
  readonly role: Role | null;
  readonly data: string | null;
  readonly initialLayoutClassList: readonly string[] | null;
  /** Null when the token does not tell. */
  readonly createdAt: Date | null;
  /** Null when the token names no end, or none before the year 10000. */
  readonly expiresAt: Date | null;
}

/** What a token says whose signature is genuine. It may still say anything: whoever has the key can sign anything. */
export interface TokenClaims {
  readonly sessionId: unknown;
  readonly role: unknown;
  readonly data: unknown;
  /** The names of the classes, joined by spaces; the Vonage Python SDK writes a list of them. */
  readonly layoutClasses: unknown;
  /** In seconds since the Unix epoch, as are the two that follow. */
  readonly createTime: unknown;
  readonly notBefore: unknown;
  readonly expireTime: unknown;
}

/**
 * How far the clock of who made a token may be ahead of ours, in seconds. The official Node SDK, for one, rounds the
 * creation time up.
 */
const CLOCK_TOLERANCE = 30;

/** The last second of the year 9999: the last that an RFC 3339 date can say. */
const LAST_SECOND = 253_402_300_799;

/** The reason why a token of any format is invalid that no key of ours verifies. */
export const NOT_SIGNED_HERE = "it was not signed with this project's credentials, or was changed since";

/** The inspection of a token that this server's credentials did not sign, or that no client could connect with. */
export function invalid(reason: string): TokenInspection {
  return {
    status: TokenStatus.INVALID,
    reason,
    format: null,
    sessionId: null,
    role: null,
    data: null,
    initialLayoutClassList: null,
    createdAt: null,
    expiresAt: null,
  };
}

/** The inspection of a genuine token, as of `now`, for the project that owns its session. */
export function inspectClaims(
  claims: TokenClaims,
  format: TokenFormat,
  applicationId: string,
  now: Date,
): TokenInspection {
  // The platform's own defaults, for what an SDK left out.
  const role = claims.role ?? Role.PUBLISHER;
  const layoutClasses = namesOf(claims.layoutClasses ?? "");
  const { sessionId, data = null, createTime = null, notBefore = null, expireTime = null } = claims;
  const seconds = now.getTime() / 1000;

  if (typeof sessionId !== "string") return invalid("it names no session");
  const owner = ownerOf(sessionId);
  if (owner === null) return invalid("its session ID is malformed");
  if (owner !== applicationId) return invalid("its session is not of this project");
  if (!isRole(role)) return invalid("its role is unknown");
  if (data !== null && typeof data !== "string") return invalid("its connection data is not text");
  if (layoutClasses === null) return invalid("its layout classes are not text");
  if (!isTime(createTime) || !isTime(notBefore) || !isTime(expireTime)) {
    return invalid("a time in it is no number of seconds");
  }
  if (Math.max(createTime ?? 0, notBefore ?? 0) > seconds + CLOCK_TOLERANCE) {
    return invalid("it is valid only later than now; the clock of who made it may be ahead");
  }
  return {
    status: expireTime !== null && expireTime <= seconds ? TokenStatus.EXPIRED : TokenStatus.ACTIVE,
    reason: null,
    format,
    sessionId,
    role,
    data,
    initialLayoutClassList: layoutClasses,
    createdAt: dateOf(createTime),
    expiresAt: dateOf(expireTime),
  };
}

const ROLES: ReadonlySet<unknown> = new Set(Object.values(Role));

function isRole(role: unknown): role is Role {
  return ROLES.has(role);
}

function namesOf(layoutClasses: unknown): readonly string[] | null {
  const names = typeof layoutClasses === "string" ? layoutClasses.split(" ") : layoutClasses;
  const isList = Array.isArray(names) && names.every((name) => typeof name === "string");
  return isList ? names.filter((name) => name !== "") : null;
}

function isTime(time: unknown): time is number | null {
  return time === null || (typeof time === "number" && Number.isFinite(time) && time >= 0);
}

function dateOf(time: number | null): Date | null {
  return time === null || time > LAST_SECOND ? null : new Date(time * 1000);
}
