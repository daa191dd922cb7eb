import { closeSync, openSync, readSync } from "node:fs";

/** The longest file of a secret, in bytes. */
const MAX_LENGTH = 64 * 1024;

/**
 * The content of the file of a secret, without a newline at its end.
 *
 * @throws {Error} with the rule that it breaks, which shows no path and no content: the path may be the secret itself
 */
export function readSecretFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readSome(path, MAX_LENGTH + 1);
  } catch (error) {
    throw new Error(`must be the path of a file with the secret: ${(error as NodeJS.ErrnoException).code}`);
  }
  if (bytes.length > MAX_LENGTH) throw new Error(`must be a file of at most ${MAX_LENGTH} bytes`);
  const secret = bytes.toString("utf8").replace(/\r?\n$/, "");
  if (secret === "") throw new Error("must be a file that is not empty");
  return secret;
}

/** The first bytes of a file, which may be a pipe. A wrong path may be a device without end, which would take all memory. */
function readSome(path: string, max: number): Buffer {
  const bytes = Buffer.alloc(max);
  let length = 0;
  const fd = openSync(path, "r");
  try {
    for (let read = -1; read !== 0 && length < max; length += read) {
      read = readSync(fd, bytes, length, max - length, null);
    }
  } finally {
    closeSync(fd);
  }
  return bytes.subarray(0, length);
}
