import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

/** Why no disk can be mounted here, or null. */
export const noDiskBecause: string | null = tryToMount();

/** The smallest space of a file on a disk in memory, in bytes. */
const PAGE = 4096;

/** A disk in memory with this many megabytes, removed after the test. Its owner is `user`. */
export function smallDisk(megabytes: number, user = "root") {
  const folder = temporaryFolder();
  mount(folder, `size=${megabytes}m,mode=700`);
  onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
  execFileSync("chown", [user, folder]);
  const ballast = join(folder, "ballast");
  return {
    folder,

    /** Fills the disk, even if others write meanwhile. */
    fill() {
      const file = openSync(ballast, "w");
      try {
        for (;;) writeSync(file, Buffer.alloc(PAGE));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(file);
      }
    },

    /** Frees the space. */
    free: () => rmSync(ballast),
  };
}

function mount(folder: string, options: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "pipe" });
}

function tryToMount(): string | null {
  if (process.getuid?.() !== 0) return "only root can mount a disk";
  const folder = mkdtempSync(join(tmpdir(), "stagepass-"));
  try {
    mount(folder, "size=1m");
    execFileSync("umount", [folder]);
    return null;
  } catch {
    return "this system lets nobody mount a disk";
  } finally {
    rmSync(folder, { recursive: true });
  }
}
