import { abridge, PlatformRejected, PlatformUnavailable, RateLimited } from "../errors.ts";
import { adviceFor } from "./advice.ts";
import type { CredentialNames } from "./credential-names.ts";
import type { RestAnswer } from "./rest-client.ts";

/** The longest reason in an error, in characters. */
const MAX_REASON_LENGTH = 200;

/** Temporary statuses: request timeout, too early. */
const PASSING = new Set([408, 425]);

const TOO_MANY_REQUESTS = 429;

/** The longest wait for the platform in an error, in seconds. */
const LONGEST_WAIT = 3600;

/** The statuses of the platform's own refusals. Others come from a proxy or a wrong URL. */
const REFUSING = new Set([200, 400, 401, 402, 403, 409, 413, 422]);

/** What a call does, for errors. */
export interface Purpose {
  /** Such as `create a session`. */
  readonly act: string;
  /** The advice for a refusal whose reason is unknown. */
  readonly advice?: string;
}

/**
 * @param now the time of the call
 * @throws {RateLimited} for status 429
 * @throws {PlatformUnavailable} for a temporary status
 */
export function checkStatus({ status, retryAfter }: RestAnswer, { act }: Purpose, now: Date): void {
  if (status === TOO_MANY_REQUESTS) {
    const seconds = secondsUntil(retryAfter, now);
    throw new RateLimited(
      `The platform limits this project, and did not ${act}; try again in ${seconds} seconds`,
      seconds,
    );
  }
  if (status >= 500 || PASSING.has(status))
    throw new PlatformUnavailable(`The platform answered ${status}`, true);
}

/** The error for an answer that is no success: `PlatformRejected` if it is a refusal with a reason, or `PlatformUnavailable`. */
export function refusalOf(
  { status, body, date }: RestAnswer,
  { act, advice }: Purpose,
  names: CredentialNames,
  now: Date,
): PlatformRejected | PlatformUnavailable {
  const reason = reasonIn(body);
  if (reason && REFUSING.has(status))
    return new PlatformRejected(act, reason, adviceFor(reason, status, names, aheadOf(date, now), advice));
  return new PlatformUnavailable(
    `The platform answered ${status} without a valid result or a reason; check ${names.url}`,
    false,
  );
}

/** The wait from `Retry-After`, which is seconds or a date (RFC 9110, section 10.2.3), in seconds from 1 to 3600. */
function secondsUntil(retryAfter: string | null, now: Date): number {
  const text = retryAfter?.trim() ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1000;
  return Number.isNaN(seconds) ? 1 : Math.min(Math.max(Math.ceil(seconds), 1), LONGEST_WAIT);
}

/** How far this server's clock is ahead of the platform's, in seconds; null if unknown. */
export function aheadOf(date: string | null, now: Date): number | null {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(theirs) ? null : Math.round((now.getTime() - theirs) / 1000);
}

/** The reason in a refusal, shortened; undefined if the answer has no reason. */
export function reasonIn(body: string): string | undefined {
  const reason = reasonInXml(body) ?? reasonInJson(body);
  return reason && abridge(reason.replace(/\s+/g, " ").slice(0, MAX_REASON_LENGTH));
}

/** OpenTok gives reasons as `message` and `description`, Vonage also as `detail` and `title`. */
function reasonInJson(body: string): string | undefined {
  const { message, description, detail, title } = readObject(body) ?? {};
  return [message, description, detail, title]
    .map((value) => (typeof value === "string" ? value.trim() : undefined))
    .find(Boolean);
}

/** Reads one element without entities or attributes, so it needs no XML parser. */
function reasonInXml(body: string): string | undefined {
  if (!isXml(body) || !body.includes("<errorPayload>")) return undefined;
  return /<message>([^<]*)<\/message>/.exec(body)?.[1]?.trim();
}

/** Whether a body is the platform's own error: `code` with `message`, in JSON or XML. Proxies answer with something else. */
export function isPlatformError(body: string): boolean {
  if (reasonInXml(body)) return true;
  const { code, message } = readObject(body) ?? {};
  return typeof code === "number" && typeof message === "string";
}

/** Whether a body is XML of the platform. It is if a proxy strips the Accept header. */
export function isXml(body: string): boolean {
  return /^<(\?xml|sessions|errorPayload)\b/.test(body.trim());
}

/** The members of a JSON object; undefined for anything else. */
export function readObject(body: string): Record<string, unknown> | undefined {
  const value = readJson(body);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The value of JSON; undefined if it is not JSON. */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
