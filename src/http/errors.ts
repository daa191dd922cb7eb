import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { type Audit, noteRefusal } from "../audit/audit.ts";
import {
  type ErrorCode,
  EXAMPLE_BODY,
  isRetryable,
  RETRY_AFTER,
  reasonOf,
  StagepassError,
} from "../errors.ts";
import { failureType } from "../graphql/media-type.ts";
import { dropBody, TOO_LARGE } from "./body-size.ts";
import { originOf } from "./callers.ts";

/** The error codes of requests that are refused before GraphQL, by status. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "BAD_REQUEST",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  406: "NOT_ACCEPTABLE",
  412: "PRECONDITION_FAILED",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  416: "RANGE_NOT_SATISFIABLE",
  421: "MISDIRECTED_REQUEST",
  426: "BAD_REQUEST",
  429: "RATE_LIMITED",
  503: "SERVICE_UNAVAILABLE",
};

const INTERNAL = "INTERNAL_SERVER_ERROR" satisfies ErrorCode;

/** Replacements for Fastify's messages, by Fastify's codes. */
const MESSAGES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: TOO_LARGE,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: `The body must be JSON: send content-type: application/json and an object such as ${EXAMPLE_BODY}; curl -d alone sends a form`,
};

/** The status of Stagepass errors outside GraphQL; 400 for all others. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  RATE_LIMITED: 429,
  AUTHENTICATION_UNAVAILABLE: 503,
  DATABASE_UNAVAILABLE: 503,
};

/** The error code for a status, or `OK`. */
export function codeOfStatus(status: number): ErrorCode | "OK" {
  if (status < 400) return "OK";
  return CODES[status] ?? (status < 500 ? "BAD_REQUEST" : INTERNAL);
}

/** An error that `answerErrors` answers with this status and message. */
export function httpError(statusCode: number, message: string): Error & { readonly statusCode: number } {
  return Object.assign(new Error(message), { statusCode });
}

/**
 * Answers errors outside GraphQL in the form that GraphQL clients read. It masks the messages of unknown errors.
 *
 * @param path the GraphQL endpoint, which takes only GET and POST
 */
export function answerErrors(app: FastifyInstance, logger: Logger, audit: Audit, path: string): void {
  app.setErrorHandler<FastifyError | StagepassError>((err, request, reply) => {
    const { id: requestId, summary, raw, caller } = request;
    dropBody(raw);
    if (err instanceof StagepassError) {
      summary.code = err.extensions.code;
      request.reason = reasonOf(err);
      noteRefusal(audit, { ...originOf(request), caller: caller?.id }, err.extensions, err.message);
      return answer(request, reply, STATUS[err.extensions.code] ?? 400, err.message, err.extensions);
    }
    const { statusCode = 500 } = err;
    const code = CODES[statusCode];
    const message = MESSAGES[err.code] ?? err.message;
    if (code === "SERVICE_UNAVAILABLE")
      return answer(request, reply, statusCode, message, { code, retryAfterSeconds: RETRY_AFTER });
    if (code !== undefined) return answer(request, reply, statusCode, message, { code });
    logger.error({ requestId, err }, "unexpected error");
    return answer(request, reply, 500, "Internal server error", { code: INTERNAL, requestId });
  });

  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    const [asked = ""] = url.split("?");
    if (asked !== path) {
      return answer(request, reply, 404, notFound(method, asked, path), { code: "NOT_FOUND" });
    }
    reply.header("allow", "GET, POST");
    const message = `${method} is not supported; send GraphQL by POST`;
    return answer(request, reply, 405, message, { code: "METHOD_NOT_ALLOWED" });
  });
}

/** The message for an unknown path. It does not repeat the path, which may hold a secret. */
function notFound(method: string, asked: string, path: string): string {
  const remedy = `Not found; send GraphQL by POST to ${path}`;
  if (method === "GET" && asked === "/") {
    return `${remedy}; to serve the console here, set CONSOLE=on`;
  }
  // Without (?<!…), a path of thousands of slashes takes a third of a second.
  if (
    !asked
      .replace(/(?<!\/)\/+$/, "")
      .toLowerCase()
      .endsWith(path)
  )
    return remedy;
  return `${remedy} exactly: in lower case, without a trailing slash, and without a prefix, which a proxy must remove`;
}

/** Answers a malformed URL before any hook. Fastify's message would repeat the URL, which may hold a secret. */
export function answerBadUrl(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  answer(request, reply, 400, "The URL is malformed", { code: "BAD_REQUEST" });
}

interface Extensions {
  readonly code: ErrorCode;
  readonly [member: string]: unknown;
}

/** Answers with one error, in the form and media type that GraphQL clients read. */
function answer(
  { headers: { accept } }: FastifyRequest,
  reply: FastifyReply,
  status: number,
  message: string,
  { code, ...details }: Extensions,
): FastifyReply {
  // RFC 9110, 15.5.2: a 401 says how to authenticate.
  if (status === 401) reply.header("www-authenticate", "Bearer");
  const { retryAfterSeconds } = details;
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  // Fastify would close the connection because it has not read the body, and the client might miss the answer.
  if (status === 413) reply.removeHeader("connection");
  const extensions = { code, retryable: isRetryable(code), ...details };
  return reply
    .code(status)
    .header("content-type", failureType(accept))
    .send({ errors: [{ message, extensions }] });
}
