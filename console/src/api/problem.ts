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

/** Says what an error of Apollo Client is about. */
export function problemOf(error: unknown): Problem {
  if (CombinedGraphQLErrors.is(error)) return serverProblem(error.errors[0]);
  if (ServerError.is(error) || ServerParseError.is(error)) {
    const { statusCode, bodyText } = error;
    const unread = {
      message: `The server answered with status ${statusCode} and nothing that can be understood.`,
      extensions: { retryable: statusCode >= 500 || statusCode === 429 },
    };
    // A proxy's answer has the same form, and may have another media type.
    return serverProblem(errorIn(bodyText) ?? unread);
  }
  // `fetch` throws a TypeError where no answer comes.
  return error instanceof TypeError ? UNREACHABLE : serverProblem(undefined);
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

const UNINTELLIGIBLE: ServerErrorBody = {
  message: "The server answered with nothing that can be understood.",
  extensions: { retryable: true },
};

function serverProblem({ message, path = [], extensions = {} }: ServerErrorBody = UNINTELLIGIBLE): Problem {
  const { code, argument, retryable } = extensions;
  // Below a root field: what that did is done, and is not to be done again.
  const isNested = path.length > 1;
  return {
    message,
    code: typeof code === "string" ? code : null,
    argument: typeof argument === "string" ? argument : null,
    retryable: !isNested && retryable === true,
  };
}

/** The first error of a body that is an answer of GraphQL; what a proxy calls `errors` may be of another form. */
function errorIn(bodyText: string): ServerErrorBody | undefined {
  try {
    const [first] = JSON.parse(bodyText).errors;
    return typeof first.message === "string" ? first : undefined;
  } catch {
    return undefined;
  }
}
