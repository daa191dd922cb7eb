import type { GraphQLRequestContextWillSendResponse } from "@apollo/server";
import type { GraphQLFormattedError } from "graphql";
import { type ErrorCode, RETRY_AFTER } from "../../errors.ts";
import type { Context } from "../context.ts";
import { isAlways200 } from "../media-type.ts";
import { NOT_RUN } from "./format-error.ts";

/** Without `PLATFORM_UNAVAILABLE`: all replicas share the platform, and the server still issues tokens. */
const UNAVAILABLE: ReadonlySet<unknown> = new Set<ErrorCode>([
  "LEDGER_UNAVAILABLE",
  "AUDIT_UNAVAILABLE",
  "DATABASE_UNAVAILABLE",
]);
const LIMITED = "RATE_LIMITED" satisfies ErrorCode;

/**
 * Sets the status of an answer.
 *
 * By GraphQL over HTTP, 6.4.1, a well-formed request that is refused before it runs has status 200 in `application/json`.
 * Apollo Server sends 400 with any media type.
 */
export function chooseStatus(
  { http, body }: GraphQLRequestContextWillSendResponse<Context>["response"],
  accept: string | undefined,
): void {
  if (body.kind !== "single") return;
  const { data, errors = [] } = body.singleResult;
  const failure = retryStatusOf(data, errors);
  if (failure) {
    http.status = failure.status;
    http.headers.set("retry-after", String(failure.retryAfter));
  } else if (http.status === 400 && errors.every(({ extensions }) => NOT_RUN.has(String(extensions?.code)))) {
    if (isAlways200(accept)) http.status = 200;
  }
}

/**
 * The failure status of an answer without data, and the delay before a retry in seconds. 503 means that the database or the
 * audit trail is unavailable; 429 means that the caller reached a limit. Null for every other answer.
 */
export function retryStatusOf(
  data: Readonly<Record<string, unknown>> | null | undefined,
  errors: readonly GraphQLFormattedError[],
): { readonly status: 429 | 503; readonly retryAfter: number } | null {
  // What will not succeed later is no reason to wait, such as bans with `LEDGER=off`.
  const codes = errors.map(({ extensions }) => (extensions?.retryable === false ? null : extensions?.code));
  if (codes.length === 0 || !codes.every((code) => code === LIMITED || UNAVAILABLE.has(code))) return null;
  // A null without an error is data.
  const failed = new Set(errors.flatMap(({ path = [] }) => [path[0], `${path[0]}.${path[1]}`]));
  const isEmpty = ([name, value]: [string, unknown]) =>
    value === null
      ? failed.has(name)
      : // Each entity of a list can fail separately.
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((item, i) => item === null && failed.has(`${name}.${i}`));
  if (!Object.entries(data ?? {}).every(isEmpty)) return null;
  const seconds = errors.map(({ extensions }) => Number(extensions?.retryAfterSeconds ?? RETRY_AFTER));
  return { status: codes.every((code) => code === LIMITED) ? 429 : 503, retryAfter: Math.max(...seconds) };
}
