import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { parseDatabaseAddress, readEnvironment } from "../config.ts";
import { StartupError } from "../errors.ts";
import { dump, type Summary } from "../store/dump.ts";
import type { Database } from "../store/engine.ts";
import { pendingMigrations } from "../store/migrate.ts";
import { progress, withWholeDatabase } from "./maintenance.ts";
import type { Outcome } from "./outcome.ts";
import { Refusal } from "./refusal.ts";

/** Writes everything in the database to a file. */
export async function exportDatabase(file: string): Promise<Outcome> {
  const address = parseDatabaseAddress(readEnvironment());
  // It would be made, and be empty.
  if (address.engine === "sqlite" && !existsSync(address.file ?? "")) {
    throw new StartupError([`DATABASE_URL: there is no database ${address.file}`]);
  }
  return withWholeDatabase(address, (database) => exportTo(file, database));
}

/** The file is there once it is whole, and is for nobody else to read: it says who may meet whom. */
async function exportTo(path: string, { kysely }: Database): Promise<Summary> {
  if ((await pendingMigrations(kysely)).length > 0) {
    throw new StartupError([
      "DATABASE_URL: the database lacks tables of this version; run stagepass migrate",
    ]);
  }
  // Of this export alone: another one to the same path must not write into it.
  const partial = `${path}.${randomUUID()}.partial`;
  const file = await open(partial, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new Refusal(`${error.code}`, `cannot be written: ${error.code}`, path);
  });
  try {
    const summary = await dump(kysely, new Date(), (lines) => file.appendFile(lines), progress());
    await file.sync();
    await rename(partial, path);
    return summary;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
