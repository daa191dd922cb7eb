import { Command } from "commander";
import { abridge } from "../errors.ts";
import { COMMIT, VERSION } from "../process/version.ts";
import { defineBackup } from "./commands/backup.ts";
import { defineBans } from "./commands/bans.ts";
import { defineCheck } from "./commands/check.ts";
import { defineDoctor } from "./commands/doctor.ts";
import { defineExport } from "./commands/export.ts";
import { defineImport } from "./commands/import.ts";
import { defineInspect } from "./commands/inspect.ts";
import { defineJoin } from "./commands/join.ts";
import { defineKeys } from "./commands/keys.ts";
import { defineMigrate } from "./commands/migrate.ts";
import { defineParticipants } from "./commands/participants.ts";
import { defineSession } from "./commands/session.ts";
import { defineStart } from "./commands/start.ts";
import { defineToken } from "./commands/token.ts";
import { defineTokens } from "./commands/tokens-list.ts";
import { BAD_USER_INPUT, Refusal } from "./refusal.ts";

/** Thrown for `--help` and `--version`, with the text to print. */
export class HelpAsked extends Error {
  readonly text: string;

  constructor(text: string) {
    super("the help or the version was requested");
    this.text = text;
  }
}

/** In the order of the help. */
const COMMANDS = [
  defineStart,
  defineDoctor,
  defineToken,
  defineTokens,
  defineInspect,
  defineJoin,
  defineSession,
  defineParticipants,
  defineBans,
  defineKeys,
  defineMigrate,
  defineBackup,
  defineCheck,
  defineExport,
  defineImport,
];

/** The parser of the `stagepass` command line. */
export function createProgram(): Command {
  let help = "";
  const program = new Command("stagepass")
    .description(
      "Create video sessions and connection tokens for the Vonage Video API, with a GraphQL server or from the shell.",
    )
    .version(`stagepass ${VERSION} (${COMMIT})`, "--version", "print the version and the commit")
    .helpOption("--help", "print this help")
    // `run` prints each error once; the help is collected and printed as other output is.
    .configureOutput({
      writeErr: () => {},
      writeOut(text) {
        help += text;
      },
    })
    .addHelpText(
      "after",
      [
        "",
        "Without a command, stagepass starts the server.",
        "",
        "Exit codes: 0 success; 1 failure, with the reason on standard error; 2 invalid command line.",
        "With --json, errors are JSON too: { error: { code, message, argument, retryable } } on standard error.",
      ].join("\n"),
    );
  for (const define of COMMANDS) define(program);
  throwUsageErrors(program, "stagepass", () => help);
  return program;
}

/** Makes a command throw usage errors instead of exiting. Abridges the message, because a misplaced value may be a secret. */
function throwUsageErrors(command: Command, path: string, help: () => string): void {
  command.exitOverride(({ code, message, exitCode }) => {
    if (exitCode === 0) throw new HelpAsked(help());
    const problem = code === "commander.help" ? "a command is missing" : message.replace(/^error: /, "");
    throw new Refusal(BAD_USER_INPUT, `${abridge(problem).replaceAll("\n", " ")}; see ${path} --help`);
  });
  for (const each of command.commands) throwUsageErrors(each, `${path} ${each.name()}`, help);
}
