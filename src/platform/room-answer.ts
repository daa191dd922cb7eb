import type { CredentialNames } from "./credential-names.ts";
import type { PlatformConnection, PlatformStream } from "./platform.ts";
import {
  checkStatus,
  isPlatformError,
  type Purpose,
  readObject,
  reasonIn,
  refusalOf,
} from "./rest-answer.ts";
import type { RestAnswer } from "./rest-client.ts";

const NOT_FOUND = 404;

/** Reads a successful answer; undefined if it is invalid. */
export type ReadSuccess<T> = (answer: RestAnswer) => T | undefined;

/**
 * The result of a call for a session; null if the platform finds no such session, client or stream. The status counts, because `code`
 * in a body may be another number. A 404 without the platform's error comes from a proxy or a wrong URL, and says nothing of a session.
 *
 * @param now the time of the call
 * @throws {RateLimited} for status 429
 * @throws {PlatformRejected} for a refusal with a reason
 * @throws {PlatformUnavailable} otherwise
 */
export function roomAnswer<T>(
  answer: RestAnswer,
  read: ReadSuccess<T>,
  purpose: Purpose,
  names: CredentialNames,
  now: Date,
): T | null {
  checkStatus(answer, purpose, now);
  if (answer.status === NOT_FOUND && isPlatformError(answer.body)) return null;
  const result = read(answer);
  if (result === undefined) throw refusalOf(answer, purpose, names, now);
  return result;
}

/** Success of a command: an empty body, or JSON without a reason, such as the project's details. */
export const readDone: ReadSuccess<true> = ({ status, body }) => {
  if (status !== 200 && status !== 204) return undefined;
  const done = body.trim() === "" || (readObject(body) !== undefined && reasonIn(body) === undefined);
  return done || undefined;
};

/** The connections of a session, in the order of the answer. */
export const readConnections: ReadSuccess<PlatformConnection[]> = (answer) =>
  readItems(answer, ({ connectionId, connectionState, createdAt }) => {
    const created = readInstant(createdAt);
    if (!isId(connectionId) || created === undefined) return undefined;
    // An unknown state is no proof that the client left.
    const isConnected = connectionState !== "Connecting" && connectionState !== "Disconnected";
    return { connectionId, isConnected, createdAt: created };
  });

/** The streams of a session, in the order of the answer. */
export const readStreams: ReadSuccess<PlatformStream[]> = (answer) =>
  readItems(answer, ({ id, name, videoType, layoutClassList }) => {
    const classes = layoutClassList ?? [];
    const valid = isId(id) && isTextOrAbsent(name) && isTextOrAbsent(videoType) && isTexts(classes);
    if (!valid) return undefined;
    return { streamId: id, name: name ?? "", videoType: videoType || null, layoutClassList: classes };
  });

/** The items of a list; undefined if one is invalid or missing, because a shorter list would say that clients left. */
function readItems<T>(
  { status, body }: RestAnswer,
  read: (item: Record<string, unknown>) => T | undefined,
): T[] | undefined {
  const { items, count } = (status === 200 && readObject(body)) || {};
  if (!Array.isArray(items) || Number(count) > items.length) return undefined;
  const valid: T[] = [];
  for (const item of items) {
    const value = typeof item === "object" && item !== null ? read(item) : undefined;
    if (value === undefined) return undefined;
    valid.push(value);
  }
  return valid;
}

/** An instant in epoch milliseconds, as number or text, or in ISO 8601; null if absent, undefined if invalid. */
function readInstant(value: unknown): Date | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const isNumber = typeof value === "number" || /^\d+$/.test(value);
  const instant = new Date(isNumber ? Number(value) : value);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTextOrAbsent(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === "string";
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
