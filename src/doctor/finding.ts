import { abridge, reasonOf, StartupError } from "../errors.ts";

/** What one look found. It holds no secret. */
export interface Finding {
  /** What was looked at: the variable that decides it, or a part such as `database`. */
  readonly what: string;
  /** Null where it was not tried, or is for a person to judge. */
  readonly ok: boolean | null;
  /** What was found; where it is not well, what to do. */
  readonly says: string;
}

/** The findings of an error: those of a `StartupError` name the variables to change. */
export function findingsOf(error: unknown, what: string): Finding[] {
  if (!(error instanceof StartupError)) return [{ what, ok: false, says: abridge(reasonOf(error)) }];
  return error.problems.map((problem) => {
    const [, variable = what, rule = problem] = /^(\.env|[A-Z][A-Z0-9_]*): (.*)$/s.exec(problem) ?? [];
    return { what: variable, ok: false, says: rule };
  });
}

/** Why there is no answer, in a few words: `fetch` says that it failed, and its cause says why. */
export function whyNoAnswer(error: unknown): string {
  const { cause, name } = error as Error;
  return name === "TimeoutError" ? "it does not answer in time" : abridge(reasonOf(cause ?? error));
}
