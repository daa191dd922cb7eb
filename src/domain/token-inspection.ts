import type { TokenFormat } from "./connection-token.ts";
import { Role } from "./role.ts";
import { ownerOf } from "./session-id.ts";

/** Whether a client could connect with a token now, and stay. */
export enum TokenStatus {
  ACTIVE = "active",
  EXPIRED = "expired",
  REVOKED = "revoked",
  INVALID = "invalid",
}

/** The grant of a token. For an invalid token, all fields except `status` and `reason` are null. */
export interface TokenInspection {
  readonly status: TokenStatus;
  /** The `jti` or `nonce`; null if the token has none. */
  readonly id: string | null;
  /** Why the token is invalid, for people to read; null otherwise. */
  readonly reason: string | null;
  readonly format: TokenFormat | null;
  readonly sessionId: string | null;
  readonly role: Role | null;
  readonly data: string | null;
  readonly initialLayoutClassList: readonly string[] | null;
  /** Null if the token does not have it. */
  readonly createdAt: Date | null;
  /** Null if the token does not expire before the year 10000. */
  readonly expiresAt: Date | null;
}

/** The claims of a token with a valid signature. They are untyped, because the holder of the key can sign anything. */
export interface TokenClaims {
  readonly id: unknown;
  readonly sessionId: unknown;
  readonly role: unknown;
  readonly data: unknown;
  /** The class names, joined by spaces; the Vonage Python SDK writes a list. */
  readonly layoutClasses: unknown;
  /** In seconds since the Unix epoch, as are `notBefore` and `expireTime`. */
  readonly createTime: unknown;
  readonly notBefore: unknown;
  readonly expireTime: unknown;
}

/** How far the clock of a token's issuer may be ahead, in seconds. For example, the official Node SDK rounds the creation time up. */
const CLOCK_TOLERANCE = 30;

/** The last second of the year 9999, which is the last that RFC 3339 can represent. */
const LAST_SECOND = 253_402_300_799;

/** The reason for a token that none of this server's keys verifies. */
export const NOT_SIGNED_HERE = "it was not signed with this project's credentials, or was changed since";

/** The inspection of a token that this server did not sign, or that no client could connect with. */
export function invalid(reason: string): TokenInspection {
  return {
    status: TokenStatus.INVALID,
    id: null,
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

/** The inspection of a token with a valid signature, as of `now`. */
export function inspectClaims(
  claims: TokenClaims,
  format: TokenFormat,
  applicationId: string,
  now: Date,
): TokenInspection {
  // The platform's defaults for claims that an SDK left out.
  const role = claims.role ?? Role.PUBLISHER;
  const layoutClasses = namesOf(claims.layoutClasses ?? "");
  const { sessionId, data = null, createTime = null, notBefore = null, expireTime = null } = claims;
  const seconds = now.getTime() / 1000;

  if (typeof sessionId !== "string") return invalid("it names no session");
  const owner = ownerOf(sessionId);
  if (owner === null) return invalid("its session ID is malformed");
  if (owner !== applicationId) return invalid("its session belongs to another project");
  if (!isRole(role)) return invalid("its role is unknown");
  if (data !== null && typeof data !== "string") return invalid("its connection data is not text");
  if (layoutClasses === null) return invalid("its layout classes are not text");
  if (!isTime(createTime) || !isTime(notBefore) || !isTime(expireTime)) {
    return invalid("one of its times is not a number of seconds");
  }
  if (Math.max(createTime ?? 0, notBefore ?? 0) > seconds + CLOCK_TOLERANCE) {
    return invalid("it is not valid yet; its issuer's clock may be ahead");
  }
  return {
    status: expireTime !== null && expireTime <= seconds ? TokenStatus.EXPIRED : TokenStatus.ACTIVE,
    id: typeof claims.id === "string" ? claims.id : null,
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

/** The inspection of a token, given the IDs of revoked tokens. */
export function asRevoked(inspection: TokenInspection, revoked: ReadonlySet<string>): TokenInspection {
  const { status, id } = inspection;
  const isOut = status === TokenStatus.ACTIVE && id !== null && revoked.has(id);
  return isOut ? { ...inspection, status: TokenStatus.REVOKED } : inspection;
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
