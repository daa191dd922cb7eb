import type { Command } from "commander";
import type { Outcome } from "./outcome.ts";
import { print } from "./standard-streams.ts";

/**
 * Gives a command its work. The command prints the outcome as text, or as JSON with `--json`.
 *
 * @param work receives the options, and the argument if the command has one
 */
export function performs<O extends object>(
  command: Command,
  work: (options: O, argument: string) => Promise<Outcome>,
): Command {
  return command.option("--json", "print JSON").action(async (...given: unknown[]) => {
    const options = command.opts<O & { json?: true }>();
    const { text, json, hint, exitCode = 0, outputTaken } = await work(options, String(given[0]));
    const said = `${options.json ? JSON.stringify(json) : text}\n`;
    if (outputTaken) process.stderr.write(said);
    else await print(said);
    if (hint !== undefined && !options.json) process.stderr.write(`${hint}\n`);
    process.exitCode = exitCode;
  });
}

/** Ends the help of a command with an example that works as it stands, and the variables that matter. */
export function explains(command: Command, example: string, variables: readonly string[]): Command {
  const lines = example.split("\n").map((line) => `  ${line}`);
  return command.addHelpText(
    "after",
    [
      "",
      "Example:",
      ...lines,
      "",
      `Variables, from the environment or .env in the working directory: ${variables.join(", ")}`,
    ].join("\n"),
  );
}

/** The variables that select the project and hold its credentials. */
export const CREDENTIALS = [
  "PLATFORM",
  "OPENTOK_API_KEY, OPENTOK_API_SECRET",
  "VONAGE_APPLICATION_ID, VONAGE_PRIVATE_KEY",
] as const;
