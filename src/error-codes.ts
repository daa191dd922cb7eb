/** What a code means, and whether the same request, sent again later, may succeed; null where each error says so itself. */
interface ErrorKind {
  readonly description: string;
  readonly retryable: boolean | null;
}

/** Every error code, each a promise to clients: our own, and those of Apollo Server. `docs/errors.md` repeats this table. */
export const ERRORS = {
  BAD_USER_INPUT: {
    description: "An argument breaks a rule. The error names the argument.",
    retryable: false,
  },
  SESSION_NOT_FOUND: {
    description: "The session ID is malformed, or belongs to another project.",
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
    description: "The document has no operation of the given name, or several and no name is given.",
    retryable: false,
  },
  UNAUTHENTICATED: {
    description: "The request has no credential, or one that is not accepted.",
    retryable: false,
  },
  AUTHENTICATION_UNAVAILABLE: {
    description: "The keys of the identity provider cannot be read.",
    retryable: true,
  },
  FORBIDDEN: {
    description: "The caller may not do this. The error names what the caller lacks.",
    retryable: false,
  },
  RATE_LIMITED: {
    description: "A limit of the caller, of its address or of the project is used up.",
    retryable: true,
  },
  PERSISTED_QUERY_NOT_IN_LIST: {
    description: "The manifest of trusted documents has no document with this ID.",
    retryable: false,
  },
  QUERY_NOT_IN_SAFELIST: {
    description: "The manifest of trusted documents does not have this document.",
    retryable: false,
  },
  PERSISTED_QUERY_NOT_FOUND: {
    description: "The server knows no text with this hash. Send the hash and the text.",
    retryable: false,
  },
  PLATFORM_REJECTED: {
    description: "The platform refused to create a session.",
    retryable: false,
  },
  PLATFORM_UNAVAILABLE: {
    description: "The platform did not answer, or its answer cannot be understood.",
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
    description: "Something is wrong in the server. Its log has the cause.",
    retryable: false,
  },
  BAD_REQUEST: {
    description: "The request is not a valid request of GraphQL over HTTP.",
    retryable: false,
  },
  NOT_FOUND: {
    description: "Nothing is served at this path.",
    retryable: false,
  },
  METHOD_NOT_ALLOWED: {
    description: "The operation must be sent by POST, or the method is neither GET nor POST.",
    retryable: false,
  },
  NOT_ACCEPTABLE: {
    description: "`Accept` allows neither media type of GraphQL over HTTP.",
    retryable: false,
  },
  PRECONDITION_FAILED: {
    description: "A file of the console is not the one that the request expects.",
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
    description: "A file of the console is shorter than the requested range.",
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

/** A code that is answered with. */
export type ErrorCode = keyof typeof ERRORS;

/** Every code, in the order of the schema. */
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

const RETRYABLE: ReadonlySet<unknown> = new Set(ERROR_CODES.filter((code) => ERRORS[code].retryable));

/** Whether the same request may succeed later, by the code of its error; false where each error says so itself. */
export function isRetryable(code: unknown): boolean {
  return RETRYABLE.has(code);
}
