import { abridge, reasonOf, StartupError } from "../errors.ts";

/** The result of one test. Holds no secret. */
export interface Finding {
  /** The tested variable, or a part such as `clock`. */
  readonly what: string;
  /** Null if it was not tested, or the operator must judge it. */
  readonly ok: boolean | null;
  /** The result, and the remedy for a problem. */
  readonly says: string;
}

/** The findings for an error. Findings for a `StartupError` name the variables to change. */
export function findingsOf(error: unknown, what: string): Finding[] {
  if (!(error instanceof StartupError)) return [{ what, ok: false, says: abridge(reasonOf(error)) }];
  return error.problems.map((problem) => {
    const [, variable = what, rule = problem] = /^(\.env|[A-Z][A-Z0-9_]*): (.*)$/s.exec(problem) ?? [];
    return { what: variable, ok: false, says: rule };
  });
}

/** The reason why a call has no answer, in a few words. An error of `fetch` has it in its cause. */
export function whyNoAnswer(error: unknown): string {
  const { cause, name } = error as Error;
  return name === "TimeoutError" ? "it did not answer in time" : abridge(reasonOf(cause ?? error));
}
