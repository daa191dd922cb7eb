import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { parseDatabaseAddress, readEnvironment } from "../config.ts";
import { StartupError } from "../errors.ts";
import { doneOrCleared } from "../signals.ts";
import { dump, type Summary } from "../store/dump.ts";
import type { Database } from "../store/engine.ts";
import { pendingMigrations } from "../store/migrate.ts";
import { progress, withWholeDatabase } from "./maintenance.ts";
import type { Outcome } from "./outcome.ts";
import { Refusal } from "./refusal.ts";
import { DASH, write } from "./standard-streams.ts";

/**
 * Writes everything in the database to a file.
 *
 * @param file `-` for standard output
 */
export async function exportDatabase(file: string): Promise<Outcome> {
  const address = parseDatabaseAddress(readEnvironment());
  // It would be made, and be empty.
  if (address.engine === "sqlite" && !existsSync(address.file ?? "")) {
    throw new StartupError([`DATABASE_URL: there is no database ${address.file}`]);
  }
  const outcome = await withWholeDatabase(address, async (database) => {
    if ((await pendingMigrations(database)).length > 0) {
      throw new StartupError([
        "DATABASE_URL: the database lacks tables of this version; run stagepass migrate",
      ]);
    }
    return file === DASH ? dump(database.kysely, new Date(), write, progress()) : exportTo(file, database);
  });
  return { ...outcome, outputTaken: file === DASH };
}

/** The file is there once it is whole, and is for nobody else to read: it says who may meet whom. */
function exportTo(path: string, { kysely }: Database): Promise<Summary> {
  // Of this export alone: another one to the same path must not write into it.
  const partial = `${path}.${randomUUID()}.partial`;
  return doneOrCleared(
    () => rmSync(partial, { force: true }),
    async () => {
      create(partial, path);
      const file = await open(partial, "r+");
      try {
        const summary = await dump(kysely, new Date(), (lines) => file.appendFile(lines), progress());
        await file.sync();
        await rename(partial, path);
        return summary;
      } finally {
        await file.close();
      }
    },
  );
}

/** At once: a signal that came in between would clear it away before it is there. */
function create(partial: string, path: string): void {
  try {
    closeSync(openSync(partial, "wx", 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Refusal(`${code}`, `cannot be written: ${code}`, path);
  }
}
