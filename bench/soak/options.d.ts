/** The options of a soak; throws a `WrongOption`, whose message is one line. */
export function readOptions(args: readonly string[]): {
  readonly minutes: number;
  readonly rate: number;
  readonly json?: string;
  readonly server?: string;
};
