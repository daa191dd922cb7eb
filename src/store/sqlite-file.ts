import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { openLibsql } from "./libsql.ts";
import { isDamage, type Libsql } from "./sqlite-driver.ts";

/** The largest file that a starting server checks for damage, in bytes. SQLite checks 500 MB a second in memory. */
const LOOKED_THROUGH = 100 * 1024 * 1024;

/** How long SQLite waits for another process's lock, in milliseconds. */
const BUSY_TIMEOUT = 2000;

/** The most findings to report. One damaged page can cause thousands. */
const MOST_FINDINGS = 20;

/**
 * Refuses a path that is not a file. On a pipe, SQLite would wait forever.
 *
 * @throws {Error} with what it is instead
 */
export function checkFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory())
    throw new Error(`it is a folder; use a file in it: file:${join(path, "stagepass.db")}`);
  if (found && !found.isFile()) throw new Error("it is a device, pipe or socket; use a file");
}

/** Warnings if other users can read or replace the file, with the command to fix it. Groups are ignored: volumes set them. */
export function exposuresOf(path: string): string[] {
  const [file, folder] = [statSync(path).mode, statSync(dirname(path)).mode];
  const exposures = [];
  if (file & 0o007)
    exposures.push(`other users can read ${path}, which says who may meet whom; run: chmod 600 ${path}`);
  if (folder & 0o002 && !(folder & STICKY))
    exposures.push(`other users can replace ${path} and files next to it; run: chmod 700 ${dirname(path)}`);
  return exposures;
}

/** The mode bit of folders such as `/tmp`, where users can delete only their own files. */
const STICKY = 0o1000;

/**
 * Checks a file for damaged pages. Skips a missing file, and one over 100 MB, which would slow down the start.
 *
 * @throws {Error} with the first damage, if there is any
 */
export async function lookThrough(file: string): Promise<void> {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined || size > LOOKED_THROUGH) return;
  const damage = await firstDamageOf(file);
  // Usually another program's file.
  if (damage?.includes("file is not a database")) throw new Error(damage);
  if (damage !== null)
    throw new Error(`it is damaged (${damage}); run stagepass check, and restore a backup`);
}

/** The first damage to a file's pages; null for none. Takes 2 seconds for a gigabyte in memory. */
export async function firstDamageOf(file: string): Promise<string | null> {
  const [damage] = await findings(file, "quick_check", 1);
  return damage ?? null;
}

/** The damage to a file, including its indexes: at most 20 findings, empty for none. Takes 20 seconds for a gigabyte. */
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
 * Copies a database, as it is at one instant, into an empty file. Servers can keep writing: the write-ahead log grows until
 * the copy is done.
 */
export async function copyInto(file: string, target: string): Promise<void> {
  const database = await openUntouched(file);
  try {
    await database.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
  } finally {
    database.close();
  }
}

/** Opens an existing file for reading. Changes nothing in it, and creates no file except an empty `-wal` and the `-shm`. */
export function openUntouched(file: string): Promise<Libsql> {
  return openToRead(file, "mode=ro");
}

/** As `openUntouched`, for a short read. If no process has the file open, it creates no file and sees no later writes. */
export function openForAMoment(file: string): Promise<Libsql> {
  return openToRead(file, existsSync(`${file}-wal`) ? "mode=ro" : "mode=ro&immutable=1");
}

function openToRead(file: string, parameters: string): Promise<Libsql> {
  return openLibsql(`${pathToFileURL(file)}?${parameters}`, BUSY_TIMEOUT);
}
