import { vi } from "vitest";
import { exitCodeOf, failureOf } from "../../src/cli/failure.ts";
import { createProgram, HelpAsked } from "../../src/cli/program.ts";

/** The output of a command line that does nothing, its help or its error, without a process of its own. */
export async function answerTo(args: readonly string[], env: Record<string, string> = {}) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    await createProgram().parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof HelpAsked) return { code: 0, text: error.text };
    const failure = failureOf(error);
    return { code: exitCodeOf(failure), text: failure.message };
  } finally {
    vi.unstubAllEnvs();
  }
  throw new Error(`${args.join(" ")} was done`);
}
