/** Every error code of the server, in the order of the enum `ErrorCode` of the schema. */
export const ERROR_CODES = [
  "BAD_USER_INPUT",
  "SESSION_NOT_FOUND",
  "SESSION_FULL",
  "NOT_IN_SESSION",
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "UNAUTHENTICATED",
  "AUTHENTICATION_UNAVAILABLE",
  "FORBIDDEN",
  "RATE_LIMITED",
  "PERSISTED_QUERY_NOT_IN_LIST",
  "QUERY_NOT_IN_SAFELIST",
  "PERSISTED_QUERY_NOT_FOUND",
  "PLATFORM_REJECTED",
  "PLATFORM_UNAVAILABLE",
  "LEDGER_UNAVAILABLE",
  "AUDIT_UNAVAILABLE",
  "DATABASE_UNAVAILABLE",
  "INTERNAL_SERVER_ERROR",
  "BAD_REQUEST",
  "NOT_FOUND",
  "METHOD_NOT_ALLOWED",
  "NOT_ACCEPTABLE",
  "PRECONDITION_FAILED",
  "PAYLOAD_TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
  "RANGE_NOT_SATISFIABLE",
  "MISDIRECTED_REQUEST",
  "SERVICE_UNAVAILABLE",
] as const;

/** The code of an error of the server. Codes are stable. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The code of a failure that is no error of the server. */
export type LocalErrorCode =
  /** The browser has no network. */
  | "OFFLINE"
  /** No answer arrived: the server is down, or CORS does not allow the page. */
  | "UNREACHABLE"
  /** The answer is not one of a Stagepass server: often the URL is wrong. */
  | "NOT_STAGEPASS"
  /** The page itself failed. */
  | "UNKNOWN";

const CODES: ReadonlySet<unknown> = new Set(ERROR_CODES);

/** Whether a value is a code of the server. */
export const isErrorCode = (value: unknown): value is ErrorCode => CODES.has(value);
