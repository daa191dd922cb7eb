/** A configuration that the server refuses. */
export interface Wrong {
  /** What is wrong with it. */
  readonly what: string;
  readonly env: Readonly<Record<string, string>>;
  /** The whole line that a person gets, the only one. */
  readonly says: string | RegExp;
}
