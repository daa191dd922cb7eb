import { CombinedGraphQLErrors, ServerError, ServerParseError } from "@apollo/client/errors";

/** An error to show to the user. */
export interface Problem {
  readonly message: string;
  /** The code of the server's error; null if it has none. */
  readonly code: string | null;
  /** The invalid argument, if there is one. */
  readonly argument: string | null;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
}

const UNREACHABLE: Problem = {
  message: "The server does not answer. Your entries are kept.",
  code: null,
  argument: null,
  retryable: true,
};

/** The problem behind an error of Apollo Client. */
export function problemOf(error: unknown): Problem {
  if (CombinedGraphQLErrors.is(error)) return serverProblem(error.errors[0]);
  if (ServerError.is(error) || ServerParseError.is(error)) {
    const { statusCode, bodyText } = error;
    const unread = {
      message: `The server answered with status ${statusCode} and an unreadable response.`,
      extensions: { retryable: statusCode >= 500 || statusCode === 429 },
    };
    // The proxies in deploy/ send their own errors as GraphQL errors, but with another media type.
    return serverProblem(errorIn(bodyText) ?? unread);
  }
  // `fetch` throws a TypeError if there is no answer.
  return error instanceof TypeError ? UNREACHABLE : serverProblem(undefined);
}

/** The message of an authentication error; null for any other error. */
export function signInProblem(error: unknown): string | null {
  const { code, message } = problemOf(error);
  return code === "UNAUTHENTICATED" ? message : null;
}

/**
 * A message of the server as a sentence for people. The field has a label, so the name of the argument goes. So do times
 * in seconds, the entry itself, and what to add to the request.
 */
export function inWords(message: string, argument: string | null): string {
  const bare =
    argument !== null && message.startsWith(`${argument} `) ? message.slice(argument.length + 1) : message;
  const text =
    bare === message
      ? message
      : bare
          .replace(/;.*$/s, "")
          .replace(/^is /, "it is ")
          .replace(/, which is \d{9,}.*$/s, "");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

interface ServerErrorBody {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

const UNINTELLIGIBLE: ServerErrorBody = {
  message: "The server sent an unreadable response.",
  extensions: { retryable: true },
};

function serverProblem({ message, path = [], extensions = {} }: ServerErrorBody = UNINTELLIGIBLE): Problem {
  const { code, argument, retryable } = extensions;
  // An error below a root field: the mutation itself has succeeded, so a retry would repeat it.
  const isNested = path.length > 1;
  const named = typeof argument === "string" ? argument : null;
  return {
    message: inWords(message, named),
    code: typeof code === "string" ? code : null,
    argument: named,
    retryable: !isNested && retryable === true,
  };
}

/** The first GraphQL error in a body; undefined if `errors` has another format, as in a proxy's page. */
function errorIn(bodyText: string): ServerErrorBody | undefined {
  try {
    const [first] = JSON.parse(bodyText).errors;
    return typeof first.message === "string" ? first : undefined;
  } catch {
    return undefined;
  }
}
