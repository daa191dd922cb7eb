import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { openLibsql } from "./libsql.ts";
import { isDamage, type Libsql } from "./sqlite-driver.ts";

/** The largest file that is looked through when a server starts, in bytes. SQLite looks through 500 MB a second that are in memory. */
const LOOKED_THROUGH = 100 * 1024 * 1024;

/** How long to wait for a lock of another process, in milliseconds. */
const BUSY_TIMEOUT = 2000;

/** The most findings of SQLite that are told. One damaged page can make thousands. */
const MOST_FINDINGS = 20;

/**
 * Refuses a path that is not a file: SQLite would wait for a pipe for ever.
 *
 * @throws {Error}
 */
export function checkFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory())
    throw new Error(`it is a folder; name a file in it, such as file:${join(path, "stagepass.db")}`);
  if (found && !found.isFile()) throw new Error("it is a device, a pipe or a socket; name a file");
}

/** Warnings where other users can read the file or replace it, with the command to stop that. Groups do not count: volumes set them. */
export function exposuresOf(path: string): string[] {
  const [file, folder] = [statSync(path).mode, statSync(dirname(path)).mode];
  const exposures = [];
  if (file & 0o007)
    exposures.push(`others may read ${path}, which says who may meet whom; run: chmod 600 ${path}`);
  if (folder & 0o002 && !(folder & STICKY))
    exposures.push(`others may replace ${path} and what is beside it; run: chmod 700 ${dirname(path)}`);
  return exposures;
}

/** In such a folder, as `/tmp`, users can delete only their own files. */
const STICKY = 0o1000;

/**
 * Looks through a file for damaged pages, unless there is none, or it is so large that this would make a start long.
 *
 * @throws {Error} with the first damage
 */
export async function lookThrough(file: string): Promise<void> {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined || size > LOOKED_THROUGH) return;
  const damage = await firstDamageOf(file);
  // Another program's file, most often.
  if (damage?.includes("file is not a database")) throw new Error(damage);
  if (damage !== null)
    throw new Error(`it is damaged: run stagepass check, and restore a backup (${damage})`);
}

/** The first damage to pages of a file; null for none. Takes two seconds for a gigabyte that is in memory. */
export async function firstDamageOf(file: string): Promise<string | null> {
  const [damage] = await findings(file, "quick_check", 1);
  return damage ?? null;
}

/** Everything that SQLite finds wrong in a file, its indexes included; empty when it is whole. Takes 20 seconds for a gigabyte. */
export function damagesOf(file: string): Promise<string[]> {
  return findings(file, "integrity_check", MOST_FINDINGS);
}

async function findings(file: string, check: string, limit: number): Promise<string[]> {
  try {
    const database = await openUntouched(file);
    try {
      const statement = await database.prepare(`PRAGMA ${check}(${limit})`);
      const rows = await statement.all<Record<string, string>>([]);
      const said = rows.flatMap((row) => Object.values(row)).flatMap((text) => text.split("\n"));
      return said.filter((line) => line !== "ok" && !line.startsWith("*** in database")).slice(0, limit);
    } finally {
      database.close();
    }
  } catch (error) {
    if (isDamage(error)) return [(error as Error).message];
    throw error;
  }
}

/**
 * Copies a database, as it is at one instant, into an empty file. Servers go on writing meanwhile: what they write stays in the
 * write-ahead log, which grows until the copy is done.
 */
export async function copyInto(file: string, target: string): Promise<void> {
  const database = await openUntouched(file);
  try {
    await database.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
  } finally {
    database.close();
  }
}

/** Opens a file that is there, to read it: nothing of it changes, and none is made but an empty `-wal` and the `-shm`. */
export function openUntouched(file: string): Promise<Libsql> {
  return openToRead(file, "mode=ro");
}

/** As above, for a moment: where no process has it open no file is made at all, and one that opens it meanwhile is not seen. */
export function openForAMoment(file: string): Promise<Libsql> {
  return openToRead(file, existsSync(`${file}-wal`) ? "mode=ro" : "mode=ro&immutable=1");
}

function openToRead(file: string, parameters: string): Promise<Libsql> {
  return openLibsql(`${pathToFileURL(file)}?${parameters}`, BUSY_TIMEOUT);
}
