import { DatabaseUnavailable, reasonOf, StartupError } from "./errors.ts";

/** What is wrong with a command line, or with what it names, for who typed it. */
export class UsageError extends Error {}

/** Runs a command of the shell with its arguments, and prints what it resolves to, or what was wrong. */
export async function runCommand(command: (args: string[]) => Promise<string>): Promise<void> {
  try {
    process.stdout.write(`${await command(process.argv.slice(2))}\n`);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof StartupError) return error.message;
  if (error instanceof DatabaseUnavailable) return `DATABASE_URL: ${error.reason}`;
  // The operating system's and the database's own say enough; what has no code is a mistake of ours.
  if (error instanceof Error && typeof (error as NodeJS.ErrnoException).code === "string")
    return reasonOf(error);
  throw error;
}
