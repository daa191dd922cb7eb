import { CombinedGraphQLErrors, ServerError, ServerParseError } from "@apollo/client/errors";

/** What went wrong, for a person to read. */
export interface Problem {
  readonly message: string;
  /** The code of the server's error; null when none came. */
  readonly code: string | null;
  /** The argument that breaks a rule, where one does. */
  readonly argument: string | null;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
}

const UNREACHABLE: Problem = {
  message: "The server does not answer. Nothing that you have entered is lost.",
  code: null,
  argument: null,
  retryable: true,
};

const UNINTELLIGIBLE = "The server answered with nothing that can be understood.";

/** Says what an error of Apollo Client is about. */
export function problemOf(error: unknown): Problem {
  if (CombinedGraphQLErrors.is(error)) return serverProblem(error.errors[0]);
  if (ServerError.is(error)) {
    const busy = error.statusCode >= 500 || error.statusCode === 429;
    // In the same form, also where it did not get as far as GraphQL.
    const message = `The server answered with status ${error.statusCode}.`;
    return serverProblem(errorsIn(error.bodyText)[0] ?? { message }, busy);
  }
  if (ServerParseError.is(error)) return { ...UNREACHABLE, message: UNINTELLIGIBLE };
  return UNREACHABLE;
}

/** Why nobody is signed in, or null when that is not what went wrong. */
export function signInProblem(error: unknown): string | null {
  const { code, message } = problemOf(error);
  return code === "UNAUTHENTICATED" ? message : null;
}

interface ServerErrorBody {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Whose request may succeed later with nothing changed, besides those that say so. */
const RETRYABLE: ReadonlySet<unknown> = new Set(["INTERNAL_SERVER_ERROR", "RATE_LIMITED"]);

function serverProblem(error: ServerErrorBody = { message: UNINTELLIGIBLE }, busy = false): Problem {
  const { message, path = [], extensions = {} } = error;
  const { code, argument, retryable } = extensions;
  // Below a root field: what that did is done, and is not to be done again.
  const isNested = path.length > 1;
  return {
    message,
    code: typeof code === "string" ? code : null,
    argument: typeof argument === "string" ? argument : null,
    retryable: !isNested && (busy || retryable === true || RETRYABLE.has(code)),
  };
}

function errorsIn(bodyText: string): ServerErrorBody[] {
  try {
    return JSON.parse(bodyText).errors ?? [];
  } catch {
    return [];
  }
}
