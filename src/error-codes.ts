/** The meaning of a code, and whether the same request may succeed later; null if that depends on the error. */
interface ErrorKind {
  readonly description: string;
  readonly retryable: boolean | null;
}

/** Every error code, including those of Apollo Server. The codes are stable. `docs/errors.md` repeats this table. */
export const ERRORS = {
  BAD_USER_INPUT: {
    description: "An argument is invalid. The error names the argument.",
    retryable: false,
  },
  SESSION_NOT_FOUND: {
    description: "The session ID is malformed, or belongs to another project.",
    retryable: false,
  },
  SESSION_FULL: {
    description: "The session has as many participants as it may have.",
    retryable: true,
  },
  NOT_IN_SESSION: {
    description:
      "The participant has left, it publishes no stream, or the platform does not know the session.",
    retryable: false,
  },
  GRAPHQL_PARSE_FAILED: {
    description: "The document is not GraphQL, or has too many lexical tokens.",
    retryable: false,
  },
  GRAPHQL_VALIDATION_FAILED: {
    description: "The document does not fit the schema, or exceeds a limit.",
    retryable: false,
  },
  OPERATION_RESOLUTION_FAILURE: {
    description: "The document lacks the named operation, or has several and the request names none.",
    retryable: false,
  },
  UNAUTHENTICATED: {
    description: "The request has no valid credential.",
    retryable: false,
  },
  AUTHENTICATION_UNAVAILABLE: {
    description: "The server cannot read the identity provider's keys.",
    retryable: true,
  },
  FORBIDDEN: {
    description: "The caller lacks a permission. The error names it.",
    retryable: false,
  },
  RATE_LIMITED: {
    description: "The caller, its address or the project has reached a limit.",
    retryable: true,
  },
  PERSISTED_QUERY_NOT_IN_LIST: {
    description: "The manifest of trusted documents has no document with this ID.",
    retryable: false,
  },
  QUERY_NOT_IN_SAFELIST: {
    description: "The manifest of trusted documents does not contain this document.",
    retryable: false,
  },
  PERSISTED_QUERY_NOT_FOUND: {
    description: "The server does not know this hash. Send the hash and the document.",
    retryable: false,
  },
  PLATFORM_REJECTED: {
    description: "The platform refused to create a session.",
    retryable: false,
  },
  PLATFORM_UNAVAILABLE: {
    description: "The platform did not answer, or its answer is invalid.",
    retryable: null,
  },
  LEDGER_UNAVAILABLE: {
    description: "The issuance could not be recorded, so no token was issued.",
    retryable: true,
  },
  AUDIT_UNAVAILABLE: {
    description: "The audit trail could not be written, so nothing was issued.",
    retryable: true,
  },
  DATABASE_UNAVAILABLE: {
    description: "The database did not answer in time.",
    retryable: true,
  },
  INTERNAL_SERVER_ERROR: {
    description: "The server failed unexpectedly. Its log has the cause.",
    retryable: false,
  },
  BAD_REQUEST: {
    description: "The request is not a valid GraphQL over HTTP request.",
    retryable: false,
  },
  NOT_FOUND: {
    description: "The server has nothing at this path.",
    retryable: false,
  },
  METHOD_NOT_ALLOWED: {
    description: "The operation needs POST, or the method is neither GET nor POST.",
    retryable: false,
  },
  NOT_ACCEPTABLE: {
    description: "`Accept` allows neither media type of GraphQL over HTTP.",
    retryable: false,
  },
  PRECONDITION_FAILED: {
    description: "A console file is not the one that the request expects.",
    retryable: false,
  },
  PAYLOAD_TOO_LARGE: {
    description: "The body or the document is too long.",
    retryable: false,
  },
  UNSUPPORTED_MEDIA_TYPE: {
    description: "The body is not JSON in UTF-8, or is compressed.",
    retryable: false,
  },
  RANGE_NOT_SATISFIABLE: {
    description: "A console file is shorter than the requested range.",
    retryable: false,
  },
  MISDIRECTED_REQUEST: {
    description: "A server without authentication answers only requests to localhost.",
    retryable: false,
  },
  SERVICE_UNAVAILABLE: {
    description: "The server is stopping.",
    retryable: true,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;

/** The code of an error. */
export type ErrorCode = keyof typeof ERRORS;

/** Every code, in the order of the schema. */
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

const RETRYABLE: ReadonlySet<unknown> = new Set(ERROR_CODES.filter((code) => ERRORS[code].retryable));

/** Whether the same request may succeed later, by the error's code; false if that depends on the error. */
export function isRetryable(code: unknown): boolean {
  return RETRYABLE.has(code);
}
