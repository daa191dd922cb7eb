import { closeSync, openSync, readSync } from "node:fs";

/** The largest file of a secret or a key, in bytes. */
export const MAX_FILE = 64 * 1024;

/**
 * The content of a small file or a pipe. The limit protects the memory from an endless device.
 *
 * @throws {RangeError} if it is larger than `MAX_FILE`
 * @throws {NodeJS.ErrnoException} if it cannot be read; its message shows the path, which may be a secret
 */
export function readBounded(path: string): Buffer {
  const bytes = Buffer.alloc(MAX_FILE + 1);
  let length = 0;
  const fd = openSync(path, "r");
  try {
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(fd, bytes, length, bytes.length - length, null);
    }
  } finally {
    closeSync(fd);
  }
  if (length > MAX_FILE) throw new RangeError(`more than ${MAX_FILE} bytes`);
  return bytes.subarray(0, length);
}
