import { isUtf8 } from "node:buffer";
import { MAX_FILE, readBounded } from "./bounded-file.ts";

/**
 * The content of a secret's file, without one newline at its end.
 *
 * @throws {Error} with the broken rule. It shows neither content nor path: the path may be the secret itself.
 */
export function readSecretFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (error) {
    if (error instanceof RangeError) throw new Error(`must be a file of at most ${MAX_FILE} bytes`);
    throw new Error(`must be the path of a file with the secret: ${(error as NodeJS.ErrnoException).code}`);
  }
  if (!isUtf8(bytes) || bytes.includes(0)) throw new Error("must be a UTF-8 text file; save it as UTF-8");
  if (bytes.indexOf("\ufeff") === 0)
    throw new Error("begins with a byte order mark; save it as UTF-8 without one");
  const secret = bytes.toString("utf8").replace(/\r?\n$/, "");
  if (secret === "") throw new Error("must not be an empty file");
  return secret;
}
