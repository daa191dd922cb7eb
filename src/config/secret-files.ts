import { MAX_FILE, readBounded } from "./bounded-file.ts";

/**
 * The content of the file of a secret, without a newline at its end.
 *
 * @throws {Error} with the rule that it breaks, which shows no path and no content: the path may be the secret itself
 */
export function readSecretFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (error) {
    if (error instanceof RangeError) throw new Error(`must be a file of at most ${MAX_FILE} bytes`);
    throw new Error(`must be the path of a file with the secret: ${(error as NodeJS.ErrnoException).code}`);
  }
  const secret = bytes.toString("utf8").replace(/\r?\n$/, "");
  if (secret === "") throw new Error("must be a file that is not empty");
  return secret;
}
