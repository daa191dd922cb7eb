import { readFileSync } from "node:fs";
import { StartupError } from "./errors.ts";

/** The variables whose value can be in a file: that of `<NAME>_FILE`. `VONAGE_PRIVATE_KEY` is a path itself. */
export const SECRET_NAMES = [
  "DATABASE_URL",
  "OPENTOK_API_SECRET",
  "OPENTOK_API_SECRET_PREVIOUS",
  "AUTH_JWT_SECRET",
  "APOLLO_KEY",
] as const;

/**
 * The variables, with the content of its file for each of `names` that has one, without a newline at its end.
 *
 * @param set without empty values
 * @throws {StartupError} when a file cannot be read, or a variable is set beside its file; it shows no path and no content
 */
export function withSecretFiles(
  set: NodeJS.Dict<string>,
  names: readonly string[] = SECRET_NAMES,
): NodeJS.Dict<string> {
  const read: NodeJS.Dict<string> = {};
  const problems: string[] = [];
  for (const name of names) {
    const path = set[`${name}_FILE`];
    if (path === undefined) continue;
    if (set[name] !== undefined) problems.push(`${name}_FILE: cannot be set, as ${name} is`);
    try {
      read[name] = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      // The path may be the secret itself.
      problems.push(`${name}_FILE: cannot be read: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
  if (problems.length > 0) throw new StartupError(problems);
  return { ...set, ...read };
}
