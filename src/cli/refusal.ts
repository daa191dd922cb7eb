/** The code of what is wrong in the command line itself. */
export const BAD_USER_INPUT = "BAD_USER_INPUT";

/** Why a command of the shell does not do what it was asked, for whoever typed it. The message holds no secret and no token. */
export class Refusal extends Error {
  readonly code: string;
  /** The option, such as `--role`, or the argument that it is about. */
  readonly argument: string | null;

  constructor(code: string, message: string, argument: string | null = null) {
    super(argument === null ? message : `${argument}: ${message}`);
    this.code = code;
    this.argument = argument;
  }
}
