import { ownerOf } from "../domain/session-id.ts";
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
const REFUSING = new Set([200, 400, 401, 402, 403, 409, 422]);

/**
 * The ID of the created session, which must belong to this project. The answer is JSON, or XML if a proxy strips the Accept header.
 *
 * @param now the time of the call
 * @throws {RateLimited} for status 429
 * @throws {PlatformRejected} for a refusal with a reason
 * @throws {PlatformUnavailable} otherwise
 */
export function sessionIdOf(
  answer: RestAnswer,
  applicationId: string,
  names: CredentialNames,
  now: Date,
): string {
  const { status, date } = answer;
  if (status === TOO_MANY_REQUESTS) throw tooMany(secondsUntil(answer.retryAfter, now));
  if (status >= 500 || PASSING.has(status))
    throw new PlatformUnavailable(`The platform answered ${status}`, true);

  const { sessionId } = read(answer.body);
  const reason = reasonIn(answer.body);
  if (status === 200 && sessionId !== undefined) {
    const owner = ownerOf(sessionId);
    if (owner === applicationId) return sessionId;
    const what = owner === null ? "a malformed session ID" : "a session of another project";
    throw new PlatformUnavailable(`The platform answered with ${what}; check ${names.url}`, false);
  }
  if (reason && REFUSING.has(status)) {
    throw new PlatformRejected(reason, adviceFor(reason, status, names, aheadOf(date, now)));
  }
  throw new PlatformUnavailable(
    `The platform answered ${status} without a session or a reason; check ${names.url}`,
    false,
  );
}

function tooMany(seconds: number): RateLimited {
  return new RateLimited(
    `Too many sessions: the platform limits this project; try again in ${seconds} seconds`,
    seconds,
  );
}

/** The wait from `Retry-After`, which is seconds or a date (RFC 9110, section 10.2.3), in seconds from 1 to 3600. */
function secondsUntil(retryAfter: string | null, now: Date): number {
  const text = retryAfter?.trim() ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1000;
  return Number.isNaN(seconds) ? 1 : Math.min(Math.max(Math.ceil(seconds), 1), LONGEST_WAIT);
}

/** The reason in a refusal, shortened; undefined if the answer has no reason. */
export function reasonIn(body: string): string | undefined {
  const { reason } = read(body);
  return reason && abridge(reason.replace(/\s+/g, " ").slice(0, MAX_REASON_LENGTH));
}

/** How far this server's clock is ahead of the platform's, in seconds; null if unknown. */
export function aheadOf(date: string | null, now: Date): number | null {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(theirs) ? null : Math.round((now.getTime() - theirs) / 1000);
}

interface Said {
  readonly sessionId?: string | undefined;
  readonly reason?: string | undefined;
}

function read(body: string): Said {
  const text = body.trim();
  if (/^<(\?xml|sessions|errorPayload)\b/.test(text)) return readXml(text);
  try {
    return readJson(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Reads two elements without entities or attributes, so it needs no XML parser. */
function readXml(text: string): Said {
  return {
    sessionId: /<session_id>([^<]*)<\/session_id>/.exec(text)?.[1]?.trim(),
    reason: text.includes("<errorPayload>")
      ? /<message>([^<]*)<\/message>/.exec(text)?.[1]?.trim()
      : undefined,
  };
}

/** OpenTok gives reasons as `message` and `description`, Vonage also as `detail` and `title`. */
function readJson(value: unknown): Said {
  if (Array.isArray(value)) return { sessionId: text(value[0]?.session_id) };
  if (typeof value !== "object" || value === null) return {};
  const { message, description, detail, title } = value as Record<string, unknown>;
  return { reason: [message, description, detail, title].map((value) => text(value)?.trim()).find(Boolean) };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
