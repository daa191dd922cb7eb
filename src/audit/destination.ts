import { close, constants, fstat, fstatSync, open, write } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { PATIENCE } from "../store/deadline.ts";

/** The target of lines. Only one write runs at a time. */
export interface Destination {
  /** Resolves when the operating system has accepted all of the text. */
  write(text: string): Promise<void>;

  /** Opens the file that has the name now, before the next write, for example after a rotation. */
  reopen(): void;

  close(): Promise<void>;
}

/**
 * Appends, and creates a missing file. Never blocks on a pipe: without a reader it cannot be opened, and a full one is tried
 * again.
 */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/** Readable only by its owner, because it says who may meet whom. */
const MODE = 0o600;
/** The pause before a full pipe is tried again, in milliseconds. */
const PAUSE = 20;
/** Linux's PIPE_BUF, in bytes. Writes up to this size go into a pipe whole or not at all. */
const WHOLE_IN_PIPE = 4096;
const NEWLINE = 10;

const files = {
  open: promisify(open),
  write: promisify(write),
  stat: promisify(fstat),
  close: promisify(close),
};

/**
 * A file, a pipe or a device.
 *
 * @throws {Error} of the operating system, if it cannot be opened
 */
export async function fileDestination(path: string): Promise<Destination> {
  let fd: number | null = await files.open(path, FLAGS, MODE);
  let stale = false;
  const leave = async () => {
    if (fd !== null) await files.close(fd).catch(() => {});
    fd = null;
  };
  const writeLines = lineWriter();
  return {
    async write(text) {
      // If the file was deleted, no one would read more lines in it.
      if (fd !== null && (stale || (await files.stat(fd)).nlink === 0)) await leave();
      stale = false;
      fd ??= await files.open(path, FLAGS, MODE);
      try {
        await writeLines(fd, text);
      } catch (error) {
        // The next write may succeed with a new file of this name.
        await leave();
        throw error;
      }
    },
    reopen() {
      stale = true;
    },
    close: leave,
  };
}

/** Standard output or standard error. */
export function standardDestination(stream: NodeJS.WriteStream & { fd: number }): Destination {
  const writeLines = lineWriter();
  // Each write's own callback reports its error.
  stream.on("error", () => {});
  // On a full disk, Node's own stream reports a partial write as complete.
  const isFile = fstatSync(stream.fd).isFile();
  return {
    write: (text) =>
      isFile
        ? writeLines(stream.fd, text)
        : new Promise((resolve, reject) => {
            stream.write(text, (error) => (error ? reject(error) : resolve()));
          }),
    reopen() {},
    async close() {},
  };
}

/** Writes whole lines. After a write that stopped inside a line, the next one starts on a new line. */
function lineWriter() {
  let isCut = false;
  return async (fd: number, text: string): Promise<void> => {
    const bytes = Buffer.from(isCut ? `\n${text}` : text);
    const end = performance.now() + PATIENCE;
    const isPipe = (await files.stat(fd)).isFIFO();
    for (let at = 0; at < bytes.length; ) {
      try {
        const length = isPipe ? wholeLines(bytes, at) : bytes.length - at;
        at += (await files.write(fd, bytes, at, length)).bytesWritten;
      } catch (error) {
        if (at > 0) isCut = bytes[at - 1] !== NEWLINE;
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || performance.now() > end) throw error;
        await sleep(PAUSE);
      }
    }
    isCut = false;
  };
}

/** How many bytes to write into a pipe next: whole lines if they fit, because other processes may write in between. */
function wholeLines(bytes: Buffer, at: number): number {
  const most = Math.min(WHOLE_IN_PIPE, bytes.length - at);
  const end = bytes.lastIndexOf(NEWLINE, at + most - 1) + 1;
  return end > at ? end - at : most;
}
