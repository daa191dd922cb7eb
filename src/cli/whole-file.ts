import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmdirSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { doneOrCleared } from "../process/signals.ts";
import { Refusal } from "./refusal.ts";

/**
 * Writes a file atomically, readable only by its owner. The data goes to a `.partial` folder beside the path. The file gets its name
 * when it is complete and synced to disk. A failure or a signal deletes the folder.
 *
 * @param work fills the empty file at the given path
 * @throws {Refusal} if the file cannot be created
 */
export function writtenWhole<T>(path: string, work: (partial: string) => Promise<T>): Promise<T> {
  // A unique name, so that another command with the same path does not write into this folder.
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
      // Without this sync, a power failure may undo the rename.
      await sync(dirname(path));
      return done;
    },
  );
}

/** Synchronous, so that no signal handler can run before both the folder and the file exist. */
function create(folder: string, partial: string, path: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
    closeSync(openSync(partial, "wx", 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Refusal(`${code}`, `cannot be written: ${code}`, path);
  }
}

/** Repeats on ENOTEMPTY, because SQLite continues in its own thread and may create a file in the emptied folder. */
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
