import { fstatSync, writeSync } from "node:fs";
import { BAD_USER_INPUT, Refusal } from "./refusal.ts";

/** In place of a file or a secret: standard input or standard output. */
export const DASH = "-";

/** The most that is read in place of an argument, in bytes: as much as a request may have. */
const MAX_INPUT = 64 * 1024;

// Each write is told of its own error.
process.stdout.on("error", () => {});

/**
 * Writes to standard output.
 *
 * @throws {Refusal} when it cannot be written whole
 */
export async function write(text: string): Promise<void> {
  try {
    if (fstatSync(process.stdout.fd).isFile()) writeWhole(Buffer.from(text));
    else
      await new Promise<void>((resolve, reject) => {
        process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
      });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Refusal(`${code}`, `standard output cannot be written: ${code}; what was done stays done`);
  }
}

/** Node's own stream takes what a full disk still has room for as the whole. */
function writeWhole(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(process.stdout.fd, bytes, at);
}

/**
 * Prints what somebody reads, or does not: who stops reading, as `head` does, has what they want.
 *
 * @throws {Refusal} when it cannot be written for another reason
 */
export async function print(text: string): Promise<void> {
  await write(text).catch((error: unknown) => {
    if (!(error instanceof Refusal && error.code === "EPIPE")) throw error;
  });
}

/**
 * Reads the argument of this name from standard input, without the white space around it.
 *
 * @throws {Refusal} when it is longer than 64 KB
 */
export async function readArgument(name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT) throw new Refusal(BAD_USER_INPUT, `is longer than ${MAX_INPUT} bytes`, name);
  }
  return Buffer.concat(chunks).toString("utf8").trim();
}
