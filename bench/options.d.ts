/** The options of a measurement; throws where they are wrong, or a part that they name does not exist. */
export function readOptions(args: readonly string[]): {
  readonly parts: readonly string[];
  readonly json?: string;
  readonly attack?: string;
  readonly base?: string;
};
