import type { Command } from "commander";
import { CREDENTIALS, explains, performs } from "./perform.ts";

/** `stagepass inspect`. */
export function defineInspect(program: Command): void {
  const command = program
    .command("inspect")
    .description(
      "Tell what a token grants, and whether a client could connect with it now. The exit code is 0 when it is ACTIVE, and 1\n" +
        "when it is EXPIRED or INVALID.",
    )
    .argument(
      "<token>",
      "the token, or - to read it from standard input, so that no list of processes has it",
    );
  performs(command, async (_, token) => (await import("./commands/inspect.ts")).inspectToken(token));
  explains(command, 'echo "$TOKEN" | stagepass inspect -', [
    "DATABASE_URL (for a local project)",
    ...CREDENTIALS,
  ]);
}
