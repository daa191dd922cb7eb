import { fstatSync, writeSync } from "node:fs";
import { BAD_USER_INPUT, Refusal } from "./refusal.ts";

/** In place of a file or a secret, means standard input or standard output. */
export const DASH = "-";

/** The longest argument read from standard input, in bytes, which is also the limit of a request. */
const MAX_INPUT = 64 * 1024;

// Each write reports its own error.
process.stdout.on("error", () => {});

/**
 * Writes to standard output.
 *
 * @throws {Refusal} if the text cannot be written completely
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
    throw new Refusal(`${code}`, `cannot write to standard output: ${code}; changes already made are kept`);
  }
}

/** Repeats partial writes: on a full disk, Node's own stream reports a partial write as a complete one. */
function writeWhole(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(process.stdout.fd, bytes, at);
}

/**
 * Prints text. A reader that stops early, as `head` does, causes no error.
 *
 * @throws {Refusal} if the text cannot be written for another reason
 */
export async function print(text: string): Promise<void> {
  await write(text).catch((error: unknown) => {
    if (!(error instanceof Refusal && error.code === "EPIPE")) throw error;
  });
}

/**
 * Reads the argument of this name from standard input, and trims white space.
 *
 * @throws {Refusal} if it is longer than 64 KB
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
