import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** The path of a program with one of these names, on the path or in one of these folders; null without one. */
export function findProgram(names: readonly string[], folders: readonly string[]): string | null {
  const { PATH = "" } = process.env;
  const programs = [...PATH.split(":"), ...folders].flatMap((folder) =>
    names.map((name) => join(folder, name)),
  );
  return programs.find(isProgram) ?? null;
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
