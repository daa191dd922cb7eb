import { Command } from "commander";
import { abridge } from "../errors.ts";
import { COMMIT, VERSION } from "../process/version.ts";
import { defineBackup } from "./commands/backup.ts";
import { defineCheck } from "./commands/check.ts";
import { defineDoctor } from "./commands/doctor.ts";
import { defineExport } from "./commands/export.ts";
import { defineImport } from "./commands/import.ts";
import { defineInspect } from "./commands/inspect.ts";
import { defineKeys } from "./commands/keys.ts";
import { defineMigrate } from "./commands/migrate.ts";
import { defineSession } from "./commands/session.ts";
import { defineStart } from "./commands/start.ts";
import { defineToken } from "./commands/token.ts";
import { defineTokens } from "./commands/tokens-list.ts";
import { BAD_USER_INPUT, Refusal } from "./refusal.ts";

/** The help or the version was asked for: there is nothing to do but to print it. */
export class HelpAsked extends Error {
  readonly text: string;

  constructor(text: string) {
    super("help was asked for");
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
  defineSession,
  defineKeys,
  defineMigrate,
  defineBackup,
  defineCheck,
  defineExport,
  defineImport,
];

/** What may be typed after `stagepass`. */
export function createProgram(): Command {
  let help = "";
  const program = new Command("stagepass")
    .description(
      "Creates video sessions and generates connection tokens: a GraphQL server, and the same from the shell.",
    )
    .version(`stagepass ${VERSION} (${COMMIT})`, "--version", "print the version and the commit")
    .helpOption("--help", "print what there is to say")
    // What is wrong is told in one place, and once, and the help is printed as everything else is.
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
        "Without a command it starts the server.",
        "",
        "Exit codes: 0 done; 1 refused or failed, and standard error says why; 2 something is wrong in the command line.",
        "With --json an error is JSON, too: { error: { code, message, argument } } on standard error.",
      ].join("\n"),
    );
  for (const define of COMMANDS) define(program);
  throwUsageErrors(program, "stagepass", () => help);
  return program;
}

/** Makes a command throw usage errors instead of ending the process. Values are abridged: one may be a secret in the wrong place. */
function throwUsageErrors(command: Command, path: string, help: () => string): void {
  command.exitOverride(({ code, message, exitCode }) => {
    if (exitCode === 0) throw new HelpAsked(help());
    const problem = code === "commander.help" ? "a command is missing" : message.replace(/^error: /, "");
    throw new Refusal(BAD_USER_INPUT, `${abridge(problem).replaceAll("\n", " ")}; see ${path} --help`);
  });
  for (const each of command.commands) throwUsageErrors(each, `${path} ${each.name()}`, help);
}
