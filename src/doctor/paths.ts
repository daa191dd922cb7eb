import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The reason why this user cannot write an existing file; null if it can. */
export function whyNotAppendable(path: string): string | null {
  return refused(path, constants.W_OK);
}

/** The reason why this user cannot read and write an existing file; null if it can. */
export function whyNotWritable(path: string): string | null {
  return refused(path, constants.R_OK | constants.W_OK);
}

/** The reason why this user cannot create a file in an existing folder; null if it can. */
export function whyNoFileIn(folder: string): string | null {
  if (!statSync(folder).isDirectory()) return `${folder} is not a folder`;
  return refused(folder, constants.W_OK | constants.X_OK);
}

/** The nearest existing folder above a path. */
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
    return `this user cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`;
  }
}
