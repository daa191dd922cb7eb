import type { Command } from "commander";
import { ArchiveMode, ArchiveResolution, MediaMode } from "../domain/session.ts";
import type { SessionOptions } from "./commands/session.ts";
import { CREDENTIALS, explains, performs } from "./perform.ts";
import { duration, namesOf, oneOf, text, valued } from "./values.ts";

/** `stagepass session create`. */
export function defineSession(program: Command): void {
  const command = program
    .command("session")
    .description("Create sessions.")
    .command("create")
    .description("Create a session, or get the one of a name, and print its ID alone.")
    .addOption(valued("--name <name>", "get the session of this name, or create it", text))
    .addOption(
      valued(
        "--max-age <duration>",
        "replace the session of the name when it is older, such as 12h",
        duration,
      ),
    )
    .addOption(valued("--media-mode <mode>", `${namesOf(MediaMode)} (default: relayed)`, oneOf(MediaMode)))
    .addOption(
      valued("--archive-mode <mode>", `${namesOf(ArchiveMode)} (default: manual)`, oneOf(ArchiveMode)),
    )
    .addOption(valued("--archive-name <name>", "the name of automatic archives", text))
    .addOption(
      valued("--archive-resolution <resolution>", namesOf(ArchiveResolution), oneOf(ArchiveResolution)),
    )
    .addOption(valued("--location <address>", "an IPv4 address near the participants", text))
    .option("--e2ee", "end-to-end encryption");
  performs<SessionOptions>(command, async (options) =>
    (await import("./commands/session.ts")).createSession(options),
  );
  explains(command, "stagepass session create --name standup --max-age 12h --media-mode routed", [
    "DATABASE_URL",
    ...CREDENTIALS,
    "PLATFORM_TIMEOUT_MS",
  ]);
}
