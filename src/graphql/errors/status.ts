import type { GraphQLRequestListener } from "@apollo/server";
import type { GraphQLFormattedError } from "graphql";
import { type ErrorCode, RETRY_AFTER } from "../../errors.ts";
import type { Context } from "../context.ts";
import { isAlways200 } from "../media-type.ts";
import { NOT_RUN } from "./format-error.ts";

/** Not `PLATFORM_UNAVAILABLE`: no other replica could do better, and tokens are issued all the same. */
const UNAVAILABLE: ReadonlySet<unknown> = new Set<ErrorCode>([
  "LEDGER_UNAVAILABLE",
  "AUDIT_UNAVAILABLE",
  "DATABASE_UNAVAILABLE",
]);
const LIMITED = "RATE_LIMITED" satisfies ErrorCode;

/**
 * Gives an answer its status.
 *
 * GraphQL over HTTP, 6.4.1: an answer in `application/json` to a well-formed request that is refused before it runs has status
 * 200. Apollo Server gives 400 whatever the media type.
 */
export const chooseStatus: NonNullable<GraphQLRequestListener<Context>["willSendResponse"]> = async ({
  request,
  response: { http, body },
}) => {
  if (body.kind !== "single") return;
  const { data, errors = [] } = body.singleResult;
  const failure = retryStatusOf(data, errors);
  if (failure) {
    http.status = failure.status;
    http.headers.set("retry-after", String(failure.retryAfter));
  } else if (http.status === 400 && errors.every(({ extensions }) => NOT_RUN.has(String(extensions?.code)))) {
    if (isAlways200(request.http?.headers.get("accept"))) http.status = 200;
  }
};

/**
 * The status by which balancers and clients see an answer that has nothing, and when to ask again, in seconds: 503 where the
 * database or the audit trail is away, 429 where the caller is over a limit. Null for every other answer.
 */
export function retryStatusOf(
  data: Readonly<Record<string, unknown>> | null | undefined,
  errors: readonly GraphQLFormattedError[],
): { readonly status: 429 | 503; readonly retryAfter: number } | null {
  const codes = errors.map(({ extensions }) => extensions?.code);
  if (codes.length === 0 || !codes.every((code) => code === LIMITED || UNAVAILABLE.has(code))) return null;
  // A null without an error of its own is an answer.
  const failed = new Set(errors.flatMap(({ path = [] }) => [path[0], `${path[0]}.${path[1]}`]));
  const isEmpty = ([name, value]: [string, unknown]) =>
    value === null
      ? failed.has(name)
      : // A list of entities, each of which fails for itself.
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((item, i) => item === null && failed.has(`${name}.${i}`));
  if (!Object.entries(data ?? {}).every(isEmpty)) return null;
  const seconds = errors.map(({ extensions }) => Number(extensions?.retryAfterSeconds ?? RETRY_AFTER));
  return { status: codes.every((code) => code === LIMITED) ? 429 : 503, retryAfter: Math.max(...seconds) };
}
