import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { parseDatabaseAddress, readEnvironment } from "../../config/config.ts";
import { openMigrated } from "../../store/database.ts";
import { load } from "../../store/dump.ts";
import type { Database } from "../../store/engine.ts";
import { progress, withWholeDatabase } from "../maintenance.ts";
import type { Outcome } from "../outcome.ts";
import { explains, performs } from "../perform.ts";
import { Refusal } from "../refusal.ts";
import { DASH } from "../standard-streams.ts";

/** `stagepass import`. */
export function defineImport(program: Command): void {
  const command = program
    .command("import")
    .description("Bring the file of an export into an empty database, all or nothing.")
    .argument("<file>", "what an export wrote; - is standard input");
  performs(command, (_, file) => importDatabase(file));
  explains(command, "DATABASE_URL=file:./new.db stagepass import stagepass.jsonl", ["DATABASE_URL"]);
}

/**
 * Brings what an export wrote into an empty database, whose tables it makes.
 *
 * @param file `-` for standard input
 */
async function importDatabase(file: string): Promise<Outcome> {
  const address = parseDatabaseAddress(...readEnvironment());
  const lines = linesOf(file);
  // Before there is a database: a file that cannot be read must not leave an empty one behind.
  const first = await lines.next().catch((error: NodeJS.ErrnoException) => {
    throw new Refusal(`${error.code}`, `cannot be read: ${error.code}`, file);
  });
  const act = ({ kysely }: Database) => load(kysely, continued(first, lines), progress());
  return withWholeDatabase(address, act, openMigrated);
}

/** Opened when the first line is asked for: what readline reads before is lost. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const input = file === DASH ? process.stdin : createReadStream(file);
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}

async function* continued(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
