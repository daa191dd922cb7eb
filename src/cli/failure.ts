import { DatabaseUnavailable, isRetryable, reasonOf, StagepassError, StartupError } from "../errors.ts";
import { BAD_USER_INPUT, Refusal } from "./refusal.ts";

/** Why a command failed, as it is told. */
export interface Failure {
  /** The code that the API gives, or one of the shell's own. */
  readonly code: string;
  /** Begins with the option, the argument or the variable, where one is wrong. */
  readonly message: string;
  readonly argument: string | null;
  /** Whether the same command may succeed later. */
  readonly retryable: boolean;
}

/** What is told of an error; never its stack, and nothing of an error that nobody expected but what it is called. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Refusal) return told(error.code, error.message, error.argument);
  if (error instanceof StartupError) return told("BAD_CONFIGURATION", error.message);
  if (error instanceof DatabaseUnavailable)
    return told(error.extensions.code, `DATABASE_URL: ${error.reason}`);
  if (error instanceof StagepassError) return refused(error);
  // The operating system's and the database's own say enough; what has no code is a mistake of ours.
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof Error && typeof code === "string" && !(error instanceof TypeError))
    return told(code, reasonOf(error));
  const name = error instanceof Error ? error.name : typeof error;
  return told("INTERNAL_SERVER_ERROR", `Something is wrong in Stagepass itself: ${name}`);
}

/** 2 when something is wrong in the command line itself, else 1. */
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

/** Arguments of the API that the shell has another name for. */
const OPTIONS: Readonly<Record<string, string>> = { sessionId: "--session" };

/** The option for an argument of the API, such as `--expire-time` for `expireTime`, and `--name` for `filter.name`. */
function optionFor(path: string): string {
  const argument = path.replace(/^filter\./, "");
  return OPTIONS[argument] ?? `--${argument.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * The API's messages, whose arguments are options here: `add mediaMode: ROUTED` is `add --media-mode ROUTED`. What an argument
 * that is true needs, its option needs.
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
