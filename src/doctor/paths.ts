import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Why this user may not write a file that is there; null when it may. */
export function whyNotAppendable(path: string): string | null {
  return refused(path, constants.W_OK);
}

/** Why this user may not read and write a file that is there; null when it may. */
export function whyNotWritable(path: string): string | null {
  return refused(path, constants.R_OK | constants.W_OK);
}

/** Why this user cannot make a file in a folder that is there; null when it can. */
export function whyNoFileIn(folder: string): string | null {
  if (!statSync(folder).isDirectory()) return `${folder} is no folder`;
  return refused(folder, constants.W_OK | constants.X_OK);
}

/** The folder that is there, of a path whose folders may be missing. */
export function nearestFolder(path: string): string {
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

function refused(path: string, mode: number): string | null {
  try {
    accessSync(path, mode);
    return null;
  } catch (error) {
    return `${path} cannot be written by this user: ${(error as NodeJS.ErrnoException).code}`;
  }
}
