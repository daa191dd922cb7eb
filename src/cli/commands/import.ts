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
    .description("Import an exported file into an empty database, all or nothing.")
    .argument("<file>", "the exported file; - is standard input");
  performs(command, (_, file) => importDatabase(file));
  explains(command, "DATABASE_URL=file:./new.db stagepass import stagepass.jsonl", ["DATABASE_URL"]);
}

/**
 * Imports an exported file into an empty database. Creates the tables first.
 *
 * @param file `-` for standard input
 */
async function importDatabase(file: string): Promise<Outcome> {
  const address = parseDatabaseAddress(...readEnvironment());
  const lines = linesOf(file);
  // Before the database is created, so that an unreadable file leaves no empty database behind.
  const first = await lines.next().catch((error: NodeJS.ErrnoException) => {
    throw new Refusal(`${error.code}`, `cannot be read: ${error.code}`, file);
  });
  const act = ({ kysely }: Database) => load(kysely, continued(first, lines), progress());
  return withWholeDatabase(address, act, openMigrated);
}

/** Opens the file at the first iteration, because readline loses lines that it reads earlier. */
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
