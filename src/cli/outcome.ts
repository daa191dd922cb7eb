/** The result of a command. */
export interface Outcome {
  /** The output for a person or a shell variable, without a line break at its end. */
  readonly text: string;
  /** The output with `--json`. */
  readonly json: unknown;
  /** A suggestion for the next step, on standard error. */
  readonly hint?: string | undefined;
  /** The exit code; 0 by default. */
  readonly exitCode?: number;
  /** Whether standard output already holds exported data, so that the text goes to standard error. */
  readonly outputTaken?: boolean;
}
