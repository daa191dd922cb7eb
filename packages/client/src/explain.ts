import { type ErrorCode, isErrorCode, type LocalErrorCode } from "./error-codes.ts";

/** Why a request failed. It contains no variables, tokens or connection data. */
export interface Explanation {
  readonly code: ErrorCode | LocalErrorCode;
  /** What to show to the user. */
  readonly message: string;
  /** What to tell the developer: the server's own message, or what is wrong with the answer. */
  readonly detail?: string;
  /** The invalid argument, to show the message beside its field. */
  readonly argument?: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** When to try again, in seconds, if the server knows it. */
  readonly retryAfter?: number;
  /** The end of the user's ban, or null for a ban without end. Absent if the user is not banned. */
  readonly bannedUntil?: string | null;
}

/** Throw it where the page finds no login, for example when it reads the access token: `explain` understands it. */
export class NotLoggedIn extends Error {
  readonly extensions = { code: "UNAUTHENTICATED" };

  constructor(message = "The page has no access token") {
    super(message);
    this.name = "NotLoggedIn";
  }
}

/** An object of unknown shape. */
type Unknown = Readonly<Record<string, unknown>>;

/** What a client library knows of an answer. */
interface Answer {
  readonly status?: number;
  readonly headers?: unknown;
  /** The `errors` of the answer, or its text. */
  readonly errors?: unknown;
}

const LOG_IN = "You are not logged in. Log in, and try again.";
const LATER = "The service is not available right now. Try again in a moment.";
const OUTDATED = "This page and its server do not fit together. Load the page again.";
const BROKEN = "Something went wrong. Try again later.";

/** For codes whose own message is for developers. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  SESSION_NOT_FOUND: "This session does not exist.",
  SESSION_FULL: "The room is full. Try again when somebody has left.",
  NOT_IN_SESSION: "This participant is no longer there.",
  GRAPHQL_PARSE_FAILED: OUTDATED,
  GRAPHQL_VALIDATION_FAILED: OUTDATED,
  OPERATION_RESOLUTION_FAILURE: OUTDATED,
  AUTHENTICATION_UNAVAILABLE: "Your login cannot be checked right now. Try again in a moment.",
  RATE_LIMITED: "Too many requests. Try again in a moment.",
  PERSISTED_QUERY_NOT_IN_LIST: OUTDATED,
  QUERY_NOT_IN_SAFELIST: OUTDATED,
  PERSISTED_QUERY_NOT_FOUND: OUTDATED,
  PLATFORM_REJECTED: "The video platform refused the request.",
  PLATFORM_UNAVAILABLE: "The video platform does not answer. Try again in a moment.",
  LEDGER_UNAVAILABLE: LATER,
  AUDIT_UNAVAILABLE: LATER,
  DATABASE_UNAVAILABLE: LATER,
  SERVICE_UNAVAILABLE: LATER,
  INTERNAL_SERVER_ERROR: BROKEN,
  BAD_REQUEST: OUTDATED,
  NOT_FOUND: BROKEN,
  METHOD_NOT_ALLOWED: OUTDATED,
  NOT_ACCEPTABLE: OUTDATED,
  UNSUPPORTED_MEDIA_TYPE: OUTDATED,
  PAYLOAD_TOO_LARGE: "The request is too long.",
  MISDIRECTED_REQUEST: BROKEN,
};

/** What a status means when the answer is not one of Stagepass, but of a proxy or an identity provider. */
const STATUSES: Readonly<Record<number, ErrorCode>> = {
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  413: "PAYLOAD_TOO_LARGE",
  429: "RATE_LIMITED",
  502: "SERVICE_UNAVAILABLE",
  503: "SERVICE_UNAVAILABLE",
  504: "SERVICE_UNAVAILABLE",
};

/** How engines name a failure of `fetch`. Other TypeErrors are faults of the page. */
const NO_ANSWER =
  /failed to fetch|fetch failed|load failed|network ?error|network request failed|network connection|internet connection|terminated/i;

/**
 * Explains an error of Apollo Client, urql, graphql-request, graphql-ws or `fetch`, a GraphQL answer with `errors`, or
 * one error of it.
 */
export function explain(error: unknown): Explanation {
  if (Array.isArray(error)) return ofAnswer({ errors: error });
  if (!isObject(error)) return unknown("no error object");
  const { extensions, networkError, response } = error;
  // Apollo Client's CombinedGraphQLErrors, and an answer itself.
  if (Array.isArray(error.errors)) return ofAnswer(answerIn(error));
  // One error of an answer.
  if (isObject(extensions)) return ofAnswer({ errors: [error] });
  // urql, and Apollo Client 3.
  if (Array.isArray(error.graphQLErrors)) {
    if (error.graphQLErrors.length > 0)
      return ofAnswer({ ...answerIn(response), errors: error.graphQLErrors });
    // The connection can end within an answer.
    if (isObject(response) && typeof response.status === "number" && !isWithoutAnswer(networkError))
      return ofAnswer(answerIn(response));
    return explain(networkError);
  }
  // Apollo Client's ServerError and ServerParseError.
  if (typeof error.statusCode === "number") {
    const body = isObject(error.result) ? error.result.errors : error.bodyText;
    return ofAnswer({ ...answerIn(response), status: error.statusCode, errors: body });
  }
  // graphql-request. Its message has the variables.
  if (isObject(response) && typeof response.status === "number") return ofAnswer(answerIn(response));
  return withoutAnswer(error);
}

function answerIn(response: unknown): Answer {
  if (!isObject(response)) return {};
  const { status, headers, errors, body } = response;
  return { ...(typeof status === "number" && { status }), headers, errors: errors ?? body };
}

function ofAnswer({ status, headers, errors }: Answer): Explanation {
  const list = typeof errors === "string" ? parse(errors) : errors;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  const extensions = isObject(first) && isObject(first.extensions) ? first.extensions : {};
  const { code } = extensions;
  const retryAfter = secondsOf(extensions.retryAfterSeconds) ?? secondsOf(header(headers, "retry-after"));
  if (!isErrorCode(code)) return notOfStagepass(status, header(headers, "content-type"), retryAfter);
  const detail = isObject(first) && typeof first.message === "string" ? first.message : undefined;
  const { argument, retryable, bannedUntil } = extensions;
  const banned = code === "FORBIDDEN" && (typeof bannedUntil === "string" || bannedUntil === null);
  return {
    code,
    message: messageOf(code, detail, banned ? bannedUntil : undefined),
    ...(detail !== undefined && { detail }),
    ...(typeof argument === "string" && { argument }),
    retryable: retryable === true,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(banned && { bannedUntil }),
  };
}

function messageOf(
  code: ErrorCode,
  detail: string | undefined,
  bannedUntil: string | null | undefined,
): string {
  if (code === "UNAUTHENTICATED")
    return detail?.includes("expired") ? "Your login has expired. Log in again." : LOG_IN;
  if (typeof bannedUntil === "string")
    return `You can join this room again after ${new Date(bannedUntil).toLocaleString()}.`;
  if (bannedUntil === null) return "You cannot join this room.";
  return MESSAGES[code] ?? detail ?? BROKEN;
}

function notOfStagepass(
  status: number | undefined,
  type: string | undefined,
  retryAfter?: number,
): Explanation {
  const detail = `The answer${status === undefined ? "" : `, with status ${status}`}${type ? ` and type ${type.split(";")[0]}` : ""}, is not one of Stagepass: check the URL and the proxies`;
  const code = STATUSES[status ?? 0];
  const retryable = code === "SERVICE_UNAVAILABLE" || code === "RATE_LIMITED";
  return {
    code: code ?? "NOT_STAGEPASS",
    message:
      code === undefined
        ? BROKEN
        : code === "FORBIDDEN"
          ? "You may not do this."
          : messageOf(code, undefined, undefined),
    detail,
    retryable,
    ...(retryable && retryAfter !== undefined && { retryAfter }),
  };
}

function withoutAnswer({ name, message, code, cause }: Unknown): Explanation {
  // The close events of graphql-ws.
  if (code === 4403) return { code: "UNAUTHENTICATED", message: LOG_IN, retryable: false };
  const closed = typeof code === "number" && code >= 1000 && code < 5000;
  if (closed || isWithoutAnswer({ name, message }) || name === "TimeoutError") {
    if (globalThis.navigator?.onLine === false)
      return { code: "OFFLINE", message: "You are offline.", retryable: true };
    return {
      code: "UNREACHABLE",
      message: "The server cannot be reached. Try again in a moment.",
      detail: "No answer: check the URL, the server, and CORS_ORIGINS if the page has another origin",
      retryable: true,
    };
  }
  // graphql-request. The message continues with the answer.
  if (typeof message === "string" && message.startsWith("Invalid execution result")) return ofAnswer({});
  return isObject(cause) ? explain(cause) : unknown(String(name));
}

/** Whether `fetch` failed. */
function isWithoutAnswer(error: unknown): boolean {
  if (!isObject(error) || error.name !== "TypeError") return false;
  return typeof error.message === "string" && NO_ANSWER.test(error.message);
}

/** The message of an unknown error is left out: it may have variables or parts of an answer. */
const unknown = (name: string): Explanation => ({
  code: "UNKNOWN",
  message: BROKEN,
  detail: `The page failed: ${name}`,
  retryable: false,
});

const isObject = (value: unknown): value is Unknown => typeof value === "object" && value !== null;

/** The errors in the text of an answer, if it is JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)?.errors;
  } catch {
    return undefined;
  }
}

function header(headers: unknown, name: string): string | undefined {
  const get = isObject(headers) ? headers.get : undefined;
  return typeof get === "function" ? (get.call(headers, name) ?? undefined) : undefined;
}

/** Seconds, from a number or the header `Retry-After`, which may have a date. */
function secondsOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const until = Date.parse(String(value));
  return Number.isNaN(until) ? undefined : Math.max(0, Math.ceil((until - Date.now()) / 1000));
}
