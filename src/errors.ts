import { type ErrorCode, isRetryable } from "./error-codes.ts";

export { ERROR_CODES, ERRORS, type ErrorCode, isRetryable } from "./error-codes.ts";
export { type Advice, abridge, adviceOn, nearest, quote } from "./messages.ts";

/** The `extensions` of an error: its code, and whether the same request, sent again later, may succeed. */
export interface ErrorExtensions {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly [member: string]: unknown;
}

/**
 * Every error that we answer with. `extensions` is the GraphQL error's: its `code` is a promise to clients,
 * its message is for a person and may be bettered at any time. No message ever holds a secret, a token or
 * connection data.
 */
export abstract class StagepassError extends Error {
  readonly extensions: ErrorExtensions;

  protected constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = new.target.name;
    this.extensions = { code, retryable: isRetryable(code), ...details };
  }
}

/** When to ask again what is unavailable, in seconds. */
export const RETRY_AFTER = 2;

/** `BAD_USER_INPUT`: an argument breaks a rule. The message says the rule, and what was given where it is no secret. */
export class BadUserInput extends StagepassError {
  constructor(argument: string, message: string) {
    super("BAD_USER_INPUT", message, { argument });
  }
}

/** `BAD_USER_INPUT`: `field` issues a credential, and was asked for in an operation that only reads. */
export class MutationRequired extends StagepassError {
  constructor(field: string) {
    super(
      "BAD_USER_INPUT",
      `${field} works only inside a mutation: a token is never the side effect of reading`,
    );
  }
}

/** `UNAUTHENTICATED`: the request has no valid caller. The message says why, and repeats nothing of its credentials. */
export class Unauthenticated extends StagepassError {
  /** For the log alone: what the operator can correct; null where the configuration is not the cause. */
  readonly forOperator: string | null;

  constructor(message: string, forOperator: string | null = null) {
    super("UNAUTHENTICATED", message);
    this.forOperator = forOperator;
  }
}

/** `AUTHENTICATION_UNAVAILABLE`: the identity provider's keys cannot be had, so that nobody can tell who asks. */
export class AuthenticationUnavailable extends StagepassError {
  /** For the log. */
  readonly reason: string;

  constructor(reason: string) {
    super("AUTHENTICATION_UNAVAILABLE", "The keys of the identity provider cannot be read; ask again later", {
      retryAfterSeconds: RETRY_AFTER,
    });
    this.reason = reason;
  }
}

/**
 * `FORBIDDEN`: the caller may not do this. `details` names what it lacks: `requiredScope`, `requiredRole`,
 * `requiredSession`, or `requiredLifetime` with `maxLifetime`, in seconds; and `problem` where a claim of its cannot be read.
 */
export class Forbidden extends StagepassError {
  constructor(reason: string, details: Record<string, unknown> = {}) {
    super("FORBIDDEN", `Not allowed: ${reason}`, details);
  }
}

/** `RATE_LIMITED`: a limit is used up, until `retryAfterSeconds` from now. The message says which limit. */
export class RateLimited extends StagepassError {
  /** @param retryAfterSeconds a whole number, at least 1 */
  constructor(message: string, retryAfterSeconds: number) {
    super("RATE_LIMITED", message, { retryAfterSeconds });
  }
}

/** Whether it is the ID or the text of a document that is not known. */
export type NotTrusted = "PERSISTED_QUERY_NOT_IN_LIST" | "QUERY_NOT_IN_SAFELIST";

/**
 * `PERSISTED_QUERY_NOT_IN_LIST` or `QUERY_NOT_IN_SAFELIST`: only trusted documents are executed, and the one that the
 * request names, or has the text of, is none. The codes are those of Apollo Router.
 */
export class DocumentNotTrusted extends StagepassError {
  constructor(code: NotTrusted) {
    super(code, "This server executes only the documents of its manifest, and this is none of them");
  }
}

/** `SESSION_NOT_FOUND`: the session ID is malformed, or of another project. */
export class SessionNotFound extends StagepassError {
  constructor(message: string) {
    super("SESSION_NOT_FOUND", message, { argument: "sessionId" });
  }
}

/** `PLATFORM_REJECTED`: the platform refused to create a session. `reason` is its own, and the message says what to do. */
export class PlatformRejected extends StagepassError {
  constructor(reason: string, advice: string) {
    super("PLATFORM_REJECTED", `The platform refused to create a session: ${reason}. ${advice}`, { reason });
  }
}

/**
 * `PLATFORM_UNAVAILABLE`: the platform did not answer, or with nothing that can be understood. A session that nobody knows
 * may have been created.
 */
export class PlatformUnavailable extends StagepassError {
  /**
   * @param retryable whether the same request may succeed later
   * @param retryAfterSeconds when the platform is asked again, where that is known
   */
  constructor(message: string, retryable: boolean, retryAfterSeconds?: number) {
    super("PLATFORM_UNAVAILABLE", message, {
      retryable,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
}

/** The outbound proxy did not pass a call on, so it has not arrived. The message names the proxy's variable, and no credentials. */
export class ProxyFailed extends Error {
  /** @param retryable whether the same call may succeed later */
  constructor(
    message: string,
    readonly retryable: boolean,
  ) {
    super(message);
    this.name = "ProxyFailed";
  }
}

/** `DATABASE_UNAVAILABLE`: the database does not answer, or not in time. `reason` is for the log, and says where it is. */
export class DatabaseUnavailable extends StagepassError {
  readonly reason: string;

  constructor(reason: string) {
    super("DATABASE_UNAVAILABLE", "The database does not answer; ask again later", {
      retryAfterSeconds: RETRY_AFTER,
    });
    this.reason = reason;
  }
}

/** Why something failed, in a few words for the log. Where a host has several addresses, Node gives a code and no message. */
export function reasonOf(error: unknown): string {
  if (error instanceof DatabaseUnavailable || error instanceof AuthenticationUnavailable) return error.reason;
  if (error instanceof LedgerUnavailable && error.cause !== undefined) return reasonOf(error.cause);
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as NodeJS.ErrnoException).code);
}

/** `LEDGER_UNAVAILABLE`: the issuance of tokens could not be recorded, so none was issued. */
export class LedgerUnavailable extends StagepassError {
  /** @param cause for the log */
  constructor(cause?: unknown) {
    super(
      "LEDGER_UNAVAILABLE",
      "The issuance could not be recorded, so nothing was issued; ask again later",
      {
        retryAfterSeconds: RETRY_AFTER,
      },
    );
    this.cause = cause;
  }
}

/** `AUDIT_UNAVAILABLE`: the audit trail is required and cannot be written, so nobody got what was to be issued. */
export class AuditUnavailable extends StagepassError {
  constructor() {
    super("AUDIT_UNAVAILABLE", "The audit trail cannot be written, so nothing was issued; ask again later", {
      retryAfterSeconds: RETRY_AFTER,
    });
  }
}

/** The smallest body of a request, for messages that say what to send. */
export const EXAMPLE_BODY = '{"query":"{ __typename }"}';

/** The server cannot start. Each problem is one line and names the environment variable to change. */
export class StartupError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "StartupError";
    this.problems = problems;
  }
}
