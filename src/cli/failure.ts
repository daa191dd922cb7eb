import { DatabaseUnavailable, isRetryable, reasonOf, StagepassError, StartupError } from "../errors.ts";
import { BAD_USER_INPUT, Refusal } from "./refusal.ts";

/** The error of a failed command, as it is printed. */
export interface Failure {
  /** A code of the API, or one of the CLI's own. */
  readonly code: string;
  /** Begins with the invalid option, argument or variable, if there is one. */
  readonly message: string;
  readonly argument: string | null;
  /** Whether the same command may succeed later. */
  readonly retryable: boolean;
}

/** The printed form of an error. It never has the stack; of an unexpected error it has only the name. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Refusal) return told(error.code, error.message, error.argument);
  if (error instanceof StartupError) return told("BAD_CONFIGURATION", error.message);
  if (error instanceof DatabaseUnavailable)
    return told(error.extensions.code, `DATABASE_URL: ${error.reason}`);
  if (error instanceof StagepassError) return refused(error);
  // Errors of the operating system and the database explain themselves. An error without a code is a bug in Stagepass.
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof Error && typeof code === "string" && !(error instanceof TypeError))
    return told(code, reasonOf(error));
  const name = error instanceof Error ? error.name : typeof error;
  return told("INTERNAL_SERVER_ERROR", `Unexpected error in Stagepass: ${name}`);
}

/** 2 if the command line is invalid, otherwise 1. */
export function exitCodeOf({ code }: Failure): number {
  return code === BAD_USER_INPUT ? 2 : 1;
}

function told(
  code: string,
  message: string,
  argument: string | null = null,
  retryable = isRetryable(code),
): Failure {
  return { code, message, argument, retryable };
}

/** Arguments of the API that have another name in the CLI. */
const OPTIONS: Readonly<Record<string, string>> = { sessionId: "--session" };

/** The option for an argument of the API, such as `--expire-time` for `expireTime`, and `--name` for `filter.name`. */
function optionFor(path: string): string {
  const argument = path.replace(/^filter\./, "");
  return OPTIONS[argument] ?? `--${argument.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Turns an error of the API into one of the CLI, with options in place of arguments. For example, `add mediaMode: ROUTED` becomes
 * `add --media-mode ROUTED`, and `e2ee: true` becomes `--e2ee`.
 */
function refused({ message, extensions: { code, argument, retryable } }: StagepassError): Failure {
  if (typeof argument !== "string") return told(code, message, null, retryable);
  const rule = message
    .replace(new RegExp(`^${argument}(: true|:)? `), "")
    .replace(/\b([a-z][A-Za-z0-9]*): true\b/g, (_, name) => optionFor(name))
    .replace(/\b([a-z][A-Za-z0-9]*): ([A-Z]+)\b/g, (_, name, value) => `${optionFor(name)} ${value}`);
  const option = optionFor(argument);
  return told(code, `${option}: ${rule}`, option);
}
