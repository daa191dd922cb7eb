import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmdirSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { doneOrCleared } from "../process/signals.ts";
import { Refusal } from "./refusal.ts";

/**
 * Writes a file that only its owner can read. It has its name once it is whole and on the disk; until then it is in a folder beside it,
 * a `.partial`, which goes when the work fails or a signal ends it.
 *
 * @param work fills the empty file at the path that it gets
 * @throws {Refusal} when the file cannot be made
 */
export function writtenWhole<T>(path: string, work: (partial: string) => Promise<T>): Promise<T> {
  // Of this command alone: another one to the same path must not write into it.
  const folder = `${path}.${randomUUID()}.partial`;
  const partial = join(folder, "file");
  return doneOrCleared(
    () => remove(folder),
    async () => {
      create(folder, partial, path);
      const done = await work(partial);
      await sync(partial);
      await rename(partial, path);
      rmdirSync(folder);
      // Without it a power cut may take the name away again.
      await sync(dirname(path));
      return done;
    },
  );
}

/** At once: a signal that came in between would clear it away before it is there. */
function create(folder: string, partial: string, path: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
    closeSync(openSync(partial, "wx", 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Refusal(`${code}`, `cannot be written: ${code}`, path);
  }
}

/** SQLite goes on in its own thread until the process ends, and may make a file after the folder was emptied. */
function remove(folder: string): void {
  for (let isGone = false; !isGone; ) {
    try {
      rmSync(folder, { recursive: true, force: true });
      isGone = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY") throw error;
    }
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
