import type { Command } from "commander";
import { parseDatabaseAddress, readEnvironment } from "../../config/config.ts";
import { findingsIn } from "../../store/check.ts";
import { checkThere, openToLook } from "../../store/database.ts";
import type { Outcome } from "../outcome.ts";
import { explains, performs } from "../perform.ts";

/** `stagepass check`. */
export function defineCheck(program: Command): void {
  const command = program
    .command("check")
    .summary("Check the database for damage and missing migrations.")
    .description(
      "Check the database for damage and missing migrations, without changing it. The exit code is 0 if there is no problem, otherwise 1.",
    );
  performs(command, () => checkDatabase());
  explains(command, "stagepass check", ["DATABASE_URL"]);
}

/** Checks the database, whether or not a server runs. The exit code is 1 if there is a problem. */
async function checkDatabase(): Promise<Outcome> {
  const address = parseDatabaseAddress(...readEnvironment());
  checkThere(address);
  const database = await openToLook(address);
  try {
    const findings = await findingsIn(database, address);
    const entries = Object.entries(findings);
    const lines = entries.flatMap(([name, found]) =>
      (found.length > 0 ? found : ["ok"]).map((line) => `${name}\t${line}`),
    );
    const isSound = entries.every(([, found]) => found.length === 0);
    return { text: lines.join("\n"), json: { ok: isSound, findings }, exitCode: isSound ? 0 : 1 };
  } finally {
    await database.kysely.destroy();
  }
}
