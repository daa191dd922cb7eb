/** What a command of the shell has done. */
export interface Outcome {
  /** For a person, or a variable of the shell; without a line break at its end. */
  readonly text: string;
  /** The same for a program, with `--json`. */
  readonly json: unknown;
  /** Beside the text, on standard error: what a person may want to do next. */
  readonly hint?: string | undefined;
  /** The exit code; 0 unless it says otherwise. */
  readonly exitCode?: number;
  /** Whether standard output has what was asked for, so that this is told on standard error. */
  readonly outputTaken?: boolean;
}
