import type { Command } from "commander";
import { configOf, readEnvironment } from "../../config/config.ts";
import { Environment } from "../../config/environment.ts";
import { examine } from "../../doctor/examine.ts";
import { type Finding, findingsOf } from "../../doctor/finding.ts";
import { type Setting, settingsOf } from "../../doctor/settings.ts";
import { StartupError } from "../../errors.ts";
import type { Outcome } from "../outcome.ts";
import { explains, performs } from "../perform.ts";
import { cell } from "../table.ts";

/** `stagepass doctor`. */
export function defineDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .description(
      "Print the configuration as it is understood, and try what it names, and change nothing. The exit code is 0 when nothing\n" +
        "fails, and 1 when something does.",
    );
  performs(command, () => examineAll());
  // Whatever still hangs, such as a look-up of a host, has had its time.
  command.hook("postAction", () => process.exit());
  explains(command, "stagepass doctor", ["all of docs/configuration.md"]);
}

/** Where the configuration is invalid, nothing that it names is tried: a default would be tried in place of what is meant. */
async function examineAll(): Promise<Outcome> {
  const env = new Environment(...readEnvironment());
  const config = configOf(env);
  const notes = env.notes.map((note) => ({ ...findingOf(note), ok: null }));
  const findings =
    env.problems.length > 0
      ? [...env.problems.map(findingOf), UNTRIED, ...notes]
      : [...(await examine(config, () => new Date())), ...notes];
  const isSound = findings.every(({ ok }) => ok !== false);
  const settings = settingsOf(env);
  const text = [...settings.flatMap(settingLine), "", ...findingLines(findings)].join("\n");
  return { text, json: { ok: isSound, settings, findings }, exitCode: isSound ? 0 : 1 };
}

const UNTRIED: Finding = {
  what: "configuration",
  ok: null,
  says: "what it names is tried once it is valid",
};

function findingOf(line: string): Finding {
  return findingsOf(new StartupError([line]), "configuration")[0] as Finding;
}

/** Not those that are not set and have no default. */
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

/** A line each: the mark, what was looked at, and what was found. */
function findingLines(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings.map(
    ({ what, ok, says }) => `${`${MARKS.get(ok)}`.padEnd(4)}  ${what.padEnd(width)}  ${cell(says)}`,
  );
}
