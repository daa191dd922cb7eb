import type { Command } from "commander";
import { configOf, readEnvironment } from "../../config/config.ts";
import { Environment } from "../../config/environment.ts";
import { lookAtCaller } from "../../doctor/caller.ts";
import { examine } from "../../doctor/examine.ts";
import { type Finding, findingsOf } from "../../doctor/finding.ts";
import { type Setting, settingsOf } from "../../doctor/settings.ts";
import { StartupError } from "../../errors.ts";
import type { Outcome } from "../outcome.ts";
import { explains, performs } from "../perform.ts";
import { DASH, readArgument } from "../standard-streams.ts";
import { cell } from "../table.ts";
import { text, valued } from "../values.ts";

/** `stagepass doctor`. */
export function defineDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .summary("Print the configuration and test it.")
    .description(
      "Print the configuration, and test the platform, database and other systems that it names. Changes nothing. The exit code is 0 if no test fails, otherwise 1.",
    )
    .addOption(
      valued(
        "--token <token>",
        "only explain what this JWT or API key allows; - reads it from standard input, to keep it out of the shell history",
        text,
      ),
    );
  performs<Options>(command, ({ token }) => examineAll(token));
  // Ends calls that still hang, such as a DNS lookup, after their deadline.
  command.hook("postAction", () => process.exit());
  explains(command, 'stagepass doctor\necho "$JWT" | stagepass doctor --token -', [
    "all in docs/configuration.md",
  ]);
}

interface Options {
  /** `-` reads it from standard input. */
  readonly token?: string;
}

/** Runs no test if the configuration is invalid, because the tests would use defaults in place of the intended values. */
async function examineAll(given: string | undefined): Promise<Outcome> {
  const token = given === DASH ? await readArgument("--token") : given;
  const env = new Environment(...readEnvironment());
  const config = configOf(env);
  const notes = env.notes.map((note) => ({ ...findingOf(note), ok: null }));
  const findings =
    env.problems.length > 0
      ? [...env.problems.map(findingOf), UNTRIED, ...notes]
      : token === undefined
        ? [...(await examine(config, now)), ...notes]
        : await examine(config, now, { token: lookAtCaller(token) });
  const isSound = findings.every(({ ok }) => ok !== false);
  const settings = token === undefined ? settingsOf(env) : [];
  const shown = token === undefined ? [...settings.flatMap(settingLine), ""] : [];
  return {
    text: [...shown, ...findingLines(findings)].join("\n"),
    json: { ok: isSound, ...(token === undefined && { settings }), findings },
    exitCode: isSound ? 0 : 1,
  };
}

const now = () => new Date();

const UNTRIED: Finding = {
  what: "configuration",
  ok: null,
  says: "nothing else is tested until it is valid",
};

function findingOf(line: string): Finding {
  return findingsOf(new StartupError([line]), "configuration")[0] as Finding;
}

/** The line of a setting; none if it is not set and has no default. */
function settingLine(setting: Setting): string[] {
  const { name, source } = setting;
  if ("length" in setting)
    return [line(name, source, `${setting.length} characters, SHA-256 ${setting.sha256}…`)];
  return setting.value === null ? [] : [line(name, source, setting.value)];
}

function line(name: string, source: string, value: string): string {
  return `${name.padEnd(34)}  ${source.padEnd(11)}  ${cell(value)}`;
}

const MARKS = new Map([
  [true, "ok"],
  [false, "FAIL"],
  [null, "-"],
]);

/** One line for each finding: the mark, the subject and the result. */
function findingLines(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings.map(
    ({ what, ok, says }) => `${`${MARKS.get(ok)}`.padEnd(4)}  ${what.padEnd(width)}  ${cell(says)}`,
  );
}
