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
    // Refused before it got to GraphQL, in the same form.
    const answer = errorsIn(error.bodyText)[0];
    if (answer) return { ...serverProblem(answer), retryable: error.statusCode >= 500 };
    return { ...UNREACHABLE, message: `The server answered with status ${error.statusCode}.` };
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
  readonly extensions?: Readonly<Record<string, unknown>>;
}

function serverProblem(error: ServerErrorBody | undefined): Problem {
  const { code, argument, retryable } = error?.extensions ?? {};
  return {
    message: error?.message ?? UNINTELLIGIBLE,
    code: typeof code === "string" ? code : null,
    argument: typeof argument === "string" ? argument : null,
    retryable: retryable === true || code === "INTERNAL_SERVER_ERROR" || code === "RATE_LIMITED",
  };
}

function errorsIn(bodyText: string): ServerErrorBody[] {
  try {
    return JSON.parse(bodyText).errors ?? [];
  } catch {
    return [];
  }
}
