import type { Command } from "commander";
import { type Config, parseConfig, readEnvironment } from "../../config/config.ts";
import { examine } from "../../doctor/examine.ts";
import { type Finding, findingsOf } from "../../doctor/finding.ts";
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

async function examineAll(): Promise<Outcome> {
  const now = () => new Date();
  let findings: Finding[];
  try {
    findings = await examine(configured(), now);
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    const says = "nothing was tried: mend the configuration first";
    findings = [...findingsOf(error, "configuration"), { what: "configuration", ok: null, says }];
  }
  const isSound = findings.every(({ ok }) => ok !== false);
  return { text: tellFindings(findings), json: { ok: isSound, findings }, exitCode: isSound ? 0 : 1 };
}

function configured(): Config {
  return parseConfig(readEnvironment());
}

const MARKS = new Map([
  [true, "ok"],
  [false, "FAIL"],
  [null, "-"],
]);

/** A line each: the mark, what was looked at, and what was found. */
function tellFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings
    .map(({ what, ok, says }) => `${`${MARKS.get(ok)}`.padEnd(4)}  ${what.padEnd(width)}  ${cell(says)}`)
    .join("\n");
}
