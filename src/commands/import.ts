import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { createInterface } from "node:readline";
import { parseDatabaseAddress, readEnvironment } from "../config.ts";
import { load } from "../store/dump.ts";
import { migrate } from "../store/migrate.ts";
import { progress, withWholeDatabase } from "./maintenance.ts";
import type { Outcome } from "./outcome.ts";
import { Refusal } from "./refusal.ts";

/** Brings what an export wrote into an empty database, whose tables it makes. */
export async function importDatabase(file: string): Promise<Outcome> {
  const address = parseDatabaseAddress(readEnvironment());
  await access(file).catch((error: NodeJS.ErrnoException) => {
    throw new Refusal(`${error.code}`, `cannot be read: ${error.code}`, file);
  });
  return withWholeDatabase(address, async (database) => {
    await migrate(database);
    return load(database.kysely, linesOf(file), progress());
  });
}

/** Opened when the first line is asked for: what readline reads before is lost. */
async function* linesOf(path: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}
