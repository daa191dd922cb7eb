import { exitCodeOf, failureOf } from "./failure.ts";
import { createProgram, HelpAsked } from "./program.ts";
import { print } from "./standard-streams.ts";

/** Does what was typed after `stagepass`, and sets the exit code; why it is not 0 is told on standard error. */
export async function run(args: readonly string[]): Promise<void> {
  // Where it cannot be written, nobody can be told.
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
