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
    .description(
      "Print the configuration as it is understood, and try what it names, and change nothing. The exit code is 0 when nothing\n" +
        "fails, and 1 when something does.",
    )
    .addOption(
      valued(
        "--token <token>",
        "say instead what this caller's JWT or API key may do, and why not; - reads it from standard input, so that neither the\nshell's history nor a list of processes has it",
        text,
      ),
    );
  performs<Options>(command, ({ token }) => examineAll(token));
  // Whatever still hangs, such as a look-up of a host, has had its time.
  command.hook("postAction", () => process.exit());
  explains(command, 'stagepass doctor\necho "$JWT" | stagepass doctor --token -', [
    "all of docs/configuration.md",
  ]);
}

interface Options {
  /** `-` for the one on standard input. */
  readonly token?: string;
}

/** Where the configuration is invalid, nothing that it names is tried: a default would be tried in place of what is meant. */
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
