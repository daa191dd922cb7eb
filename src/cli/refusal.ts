/** The code of an invalid command line. */
export const BAD_USER_INPUT = "BAD_USER_INPUT";

/** The reason why a command fails, for the operator. The message holds no secret and no token. */
export class Refusal extends Error {
  readonly code: string;
  /** The invalid option, such as `--role`, or argument. */
  readonly argument: string | null;

  constructor(code: string, message: string, argument: string | null = null) {
    super(argument === null ? message : `${argument}: ${message}`);
    this.code = code;
    this.argument = argument;
  }
}
