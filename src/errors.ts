import { type ErrorCode, isRetryable } from "./error-codes.ts";

export { ERROR_CODES, ERRORS, type ErrorCode, isRetryable } from "./error-codes.ts";
export { type Advice, abridge, adviceOn, nearest, quote } from "./messages.ts";

/** The `extensions` of an error: its code, and whether the same request may succeed later. */
export interface ErrorExtensions {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly [member: string]: unknown;
}

/**
 * An error that callers see. Its `code` is stable. Its message is for people and may change; it never contains a secret,
 * a token or connection data.
 */
export abstract class StagepassError extends Error {
  readonly extensions: ErrorExtensions;

  protected constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = new.target.name;
    this.extensions = { code, retryable: isRetryable(code), ...details };
  }
}

/** The delay before a retry of something unavailable, in seconds. */
export const RETRY_AFTER = 2;

/** `BAD_USER_INPUT`: an argument breaks a rule. The message has the rule, and the value unless it may be secret. */
export class BadUserInput extends StagepassError {
  constructor(argument: string, message: string) {
    super("BAD_USER_INPUT", message, { argument });
  }
}

/** `BAD_USER_INPUT`: a query selects `field`, which issues a token. */
export class MutationRequired extends StagepassError {
  constructor(field: string) {
    super("BAD_USER_INPUT", `${field} works only in a mutation: clients may repeat and cache queries`);
  }
}

/** `UNAUTHENTICATED`: the request has no valid credential. The message says why, and never repeats the credential. */
export class Unauthenticated extends StagepassError {
  /** A hint for the operator, only for the log; null unless the configuration is the cause. */
  readonly forOperator: string | null;

  constructor(message: string, forOperator: string | null = null) {
    super("UNAUTHENTICATED", message);
    this.forOperator = forOperator;
  }
}

/** `AUTHENTICATION_UNAVAILABLE`: the server cannot read the identity provider's keys, so it cannot verify the JWT. */
export class AuthenticationUnavailable extends StagepassError {
  /** For the log. */
  readonly reason: string;

  constructor(reason: string) {
    super(
      "AUTHENTICATION_UNAVAILABLE",
      "The server cannot read the identity provider's keys; try again later",
      {
        retryAfterSeconds: RETRY_AFTER,
      },
    );
    this.reason = reason;
  }
}

/**
 * `FORBIDDEN`: the caller lacks a permission. `details` names it: `requiredScope`, `requiredRole`, `requiredSession`, `requiredName`,
 * `requiredIdentity`, `requiredOption`, `requiredData` (true), `requiredModerator` (a session ID), or `requiredLifetime` with
 * `maxLifetime`, in seconds. A ban has `bannedUntil`, null without an end. `problem` explains an unreadable claim.
 */
export class Forbidden extends StagepassError {
  constructor(reason: string, details: Record<string, unknown> = {}) {
    super("FORBIDDEN", `Not allowed: ${reason}`, details);
  }
}

/** `SESSION_FULL`: the session has as many participants as it may have. */
export class SessionFull extends StagepassError {
  constructor(maxParticipants: number) {
    super("SESSION_FULL", `The session has ${maxParticipants} participants, which is its limit`, {
      maxParticipants,
    });
  }
}

/** `NOT_IN_SESSION`: the participant, its stream or the session is not on the platform. The message says which. */
export class NotPresent extends StagepassError {
  constructor(message: string) {
    super("NOT_IN_SESSION", message);
  }
}

/** `RATE_LIMITED`: a limit is reached. The message names it; it resets after `retryAfterSeconds`. */
export class RateLimited extends StagepassError {
  /** @param retryAfterSeconds a whole number, at least 1 */
  constructor(message: string, retryAfterSeconds: number) {
    super("RATE_LIMITED", message, { retryAfterSeconds });
  }
}

/** Whether the ID or the text of a document is unknown. */
export type NotTrusted = "PERSISTED_QUERY_NOT_IN_LIST" | "QUERY_NOT_IN_SAFELIST";

/**
 * `PERSISTED_QUERY_NOT_IN_LIST` or `QUERY_NOT_IN_SAFELIST`: the server executes only trusted documents, and this one is
 * not in the manifest. Apollo Router uses the same codes.
 */
export class DocumentNotTrusted extends StagepassError {
  constructor(code: NotTrusted) {
    super(code, "This server executes only trusted documents, and its manifest does not contain this one");
  }
}

/** `SESSION_NOT_FOUND`: the session ID is malformed, or belongs to another project. */
export class SessionNotFound extends StagepassError {
  constructor(message: string) {
    super("SESSION_NOT_FOUND", message, { argument: "sessionId" });
  }
}

/** `PLATFORM_REJECTED`: the platform refused a call, for its own `reason`. The message says what to do. */
export class PlatformRejected extends StagepassError {
  /** @param act what the call does, such as `create a session` */
  constructor(act: string, reason: string, advice: string) {
    super("PLATFORM_REJECTED", `The platform refused to ${act}: ${reason}. ${advice}`, { reason });
  }
}

/** `PLATFORM_UNAVAILABLE`: the platform did not answer, or its answer is invalid. The call may have taken effect. */
export class PlatformUnavailable extends StagepassError {
  /**
   * @param retryable whether the same request may succeed later
   * @param retryAfterSeconds when the server calls the platform again, if known
   */
  constructor(message: string, retryable: boolean, retryAfterSeconds?: number) {
    super("PLATFORM_UNAVAILABLE", message, {
      retryable,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
}

/** The outbound proxy did not forward a call, so it did not arrive. The message names the proxy's variable, and no credential. */
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

/** `DATABASE_UNAVAILABLE`: the database did not answer in time. `reason` is for the log, and names the database. */
export class DatabaseUnavailable extends StagepassError {
  readonly reason: string;

  constructor(reason: string) {
    super("DATABASE_UNAVAILABLE", "The database does not answer; try again later", {
      retryAfterSeconds: RETRY_AFTER,
    });
    this.reason = reason;
  }
}

/** The cause of a failure, for the log. For a host with several addresses, Node gives a code and no message. */
export function reasonOf(error: unknown): string {
  if (error instanceof DatabaseUnavailable || error instanceof AuthenticationUnavailable) return error.reason;
  if (error instanceof LedgerUnavailable && error.cause !== undefined) return reasonOf(error.cause);
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as NodeJS.ErrnoException).code);
}

/** `LEDGER_UNAVAILABLE`: the issuance could not be recorded, so no token was issued. */
export class LedgerUnavailable extends StagepassError {
  /** @param cause for the log */
  constructor(cause?: unknown) {
    super(
      "LEDGER_UNAVAILABLE",
      "The issuance could not be recorded, so no token was issued; try again later",
      {
        retryAfterSeconds: RETRY_AFTER,
      },
    );
    this.cause = cause;
  }
}

/** `LEDGER_UNAVAILABLE`: the server keeps no ledger, which the request needs. */
export class LedgerOff extends StagepassError {
  constructor() {
    super(
      "LEDGER_UNAVAILABLE",
      "This server keeps no ledger, so it cannot keep anybody out: LEDGER=off; set LEDGER=on",
      { retryable: false },
    );
  }
}

/** An error of a removal. It has the code and the details of its cause; its message says that the removal is kept. */
export class RemovalKept extends StagepassError {
  constructor(cause: StagepassError) {
    const { code, ...details } = cause.extensions;
    super(code, `${cause.message}; the removal is kept and tried again`, details);
    this.cause = cause;
  }
}

/** `AUDIT_UNAVAILABLE`: the required audit trail cannot be written, so nothing was issued. */
export class AuditUnavailable extends StagepassError {
  constructor() {
    super("AUDIT_UNAVAILABLE", "The audit trail cannot be written, so nothing was issued; try again later", {
      retryAfterSeconds: RETRY_AFTER,
    });
  }
}

/** The smallest valid body of a request, for messages. */
export const EXAMPLE_BODY = '{"query":"{ __typename }"}';

/** The server cannot start. Each problem is one line that names the environment variable to change. */
export class StartupError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "StartupError";
    this.problems = problems;
  }
}
