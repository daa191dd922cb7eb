import { closeSync, openSync, readSync } from "node:fs";
import { StartupError } from "../errors.ts";

/** The variables whose value can be in a file: that of `<NAME>_FILE`. `VONAGE_PRIVATE_KEY` is a path itself. */
export const SECRET_NAMES = [
  "DATABASE_URL",
  "OPENTOK_API_SECRET",
  "OPENTOK_API_SECRET_PREVIOUS",
  "AUTH_JWT_SECRET",
  "APOLLO_KEY",
] as const;

/** The longest file of a secret, in bytes. */
const MAX_LENGTH = 64 * 1024;

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
      read[name] = readSecret(path).replace(/\r?\n$/, "");
    } catch (error) {
      // The path may be the secret itself.
      const { code } = error as NodeJS.ErrnoException;
      problems.push(
        error instanceof RangeError
          ? `${name}_FILE: must have at most ${MAX_LENGTH} bytes`
          : `${name}_FILE: cannot be read: ${code}`,
      );
    }
  }
  if (problems.length > 0) throw new StartupError(problems);
  return { ...set, ...read };
}

/**
 * Also of a pipe. A wrong path may be a device without end, which would take all memory.
 *
 * @throws {RangeError} when it is too long
 */
function readSecret(path: string): string {
  const bytes = Buffer.alloc(MAX_LENGTH + 1);
  let length = 0;
  const fd = openSync(path, "r");
  try {
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(fd, bytes, length, bytes.length - length, null);
    }
  } finally {
    closeSync(fd);
  }
  if (length > MAX_LENGTH) throw new RangeError();
  return bytes.toString("utf8", 0, length);
}
