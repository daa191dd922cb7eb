import type { Command } from "commander";
import { CREDENTIALS, explains } from "../perform.ts";

/** `stagepass start`, and `stagepass` alone. */
export function defineStart(program: Command): void {
  const command = program
    .command("start")
    .description("Start the server. This is the default command.")
    .action(async () => {
      // Loaded here, because no other command needs the server.
      const { start } = await import("../../main.ts");
      process.exit(await start());
    });
  explains(command, "PORT=8080 stagepass start", [
    "PORT, HOST",
    "DATABASE_URL",
    ...CREDENTIALS,
    "AUTH_JWT_SECRET, AUTH_JWKS_URI",
    "LOG_LEVEL and the others in docs/configuration.md",
  ]);
}
