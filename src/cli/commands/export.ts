import { open } from "node:fs/promises";
import type { Command } from "commander";
import { parseDatabaseAddress, readEnvironment } from "../../config/config.ts";
import { StartupError } from "../../errors.ts";
import { checkThere } from "../../store/database.ts";
import { type DumpSummary, dump } from "../../store/dump.ts";
import type { Database } from "../../store/engine.ts";
import { pendingMigrations } from "../../store/migrate.ts";
import { progress, withWholeDatabase } from "../maintenance.ts";
import type { Outcome } from "../outcome.ts";
import { explains, performs } from "../perform.ts";
import { DASH, write } from "../standard-streams.ts";
import { writtenWhole } from "../whole-file.ts";

/** `stagepass export`. */
export function defineExport(program: Command): void {
  const command = program
    .command("export")
    .description(
      "Export the database to a file of JSON lines, and print the rows and checksum of each table.",
    )
    .argument(
      "<file>",
      "the file, created once it is complete; - is standard output, and the summary goes to standard error",
    );
  performs(command, (_, file) => exportDatabase(file));
  explains(command, "stagepass export stagepass.jsonl", ["DATABASE_URL"]);
}

/** Exports the database to a file. @param file `-` for standard output */
async function exportDatabase(file: string): Promise<Outcome> {
  const address = parseDatabaseAddress(...readEnvironment());
  // Otherwise the command would create an empty database.
  checkThere(address);
  const outcome = await withWholeDatabase(address, async (database) => {
    if ((await pendingMigrations(database)).length > 0) {
      throw new StartupError([
        "DATABASE_URL: the database lacks migrations of this version; run stagepass migrate",
      ]);
    }
    return file === DASH ? dump(database.kysely, new Date(), write, progress()) : exportTo(file, database);
  });
  return { ...outcome, outputTaken: file === DASH };
}

/** Only the owner can read the file, because it says who may meet whom. */
function exportTo(path: string, { kysely }: Database): Promise<DumpSummary> {
  return writtenWhole(path, async (partial) => {
    const file = await open(partial, "r+");
    try {
      return await dump(kysely, new Date(), (lines) => file.appendFile(lines), progress());
    } finally {
      await file.close();
    }
  });
}
