import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseDatabaseAddress, readEnvironment } from "../../config/config.ts";
import { load } from "../../store/dump.ts";
import { migrate } from "../../store/migrate.ts";
import { progress, withWholeDatabase } from "../maintenance.ts";
import type { Outcome } from "../outcome.ts";
import { Refusal } from "../refusal.ts";
import { DASH } from "../standard-streams.ts";

/**
 * Brings what an export wrote into an empty database, whose tables it makes.
 *
 * @param file `-` for standard input
 */
export async function importDatabase(file: string): Promise<Outcome> {
  const address = parseDatabaseAddress(readEnvironment());
  const lines = linesOf(file);
  // Before there is a database: a file that cannot be read must not leave an empty one behind.
  const first = await lines.next().catch((error: NodeJS.ErrnoException) => {
    throw new Refusal(`${error.code}`, `cannot be read: ${error.code}`, file);
  });
  return withWholeDatabase(address, async (database) => {
    await migrate(database);
    return load(database.kysely, continued(first, lines), progress());
  });
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
