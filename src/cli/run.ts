import { exitCodeOf, failureOf } from "./failure.ts";
import { createProgram, HelpAsked } from "./program.ts";
import { print } from "./standard-streams.ts";

/** Runs the `stagepass` command line and sets the exit code. Prints an error to standard error. */
export async function run(args: readonly string[]): Promise<void> {
  // Ignored, because an error of standard error cannot be reported anywhere.
  process.stderr.on("error", () => {});
  try {
    await createProgram()
      .parseAsync(args, { from: "user" })
      .catch((error) => {
        if (!(error instanceof HelpAsked)) throw error;
        return print(error.text);
      });
  } catch (error) {
    const failure = failureOf(error);
    process.stderr.write(
      `${args.includes("--json") ? JSON.stringify({ error: failure }) : failure.message}\n`,
    );
    process.exitCode = exitCodeOf(failure);
  }
}
