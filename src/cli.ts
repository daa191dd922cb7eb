#!/usr/bin/env node
import { exitCodeOf, failureOf } from "./command-line/failure.ts";
import { createProgram, HelpPrinted } from "./command-line/program.ts";

/** `stagepass`: the server, and what it does from the shell. */
async function run(args: string[]): Promise<void> {
  // Nobody need read what is printed.
  process.stdout.on("error", () => {});
  try {
    await createProgram().parseAsync(args.length === 0 ? ["start"] : args, { from: "user" });
  } catch (error) {
    if (error instanceof HelpPrinted) return;
    const failure = failureOf(error);
    process.stderr.write(
      `${args.includes("--json") ? JSON.stringify({ error: failure }) : failure.message}\n`,
    );
    process.exitCode = exitCodeOf(failure);
  }
}

await run(process.argv.slice(2));
