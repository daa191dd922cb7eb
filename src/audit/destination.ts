import { close, constants, fstat, fstatSync, open, write } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { PATIENCE } from "../store/deadline.ts";

/** Where lines go. One write at a time. */
export interface Destination {
  /** Resolves when the operating system has taken all of the text. */
  write(text: string): Promise<void>;

  /** Opens what has this name now, before the next write: the file was moved away. */
  reopen(): void;

  close(): Promise<void>;
}

/**
 * Appends, and makes the file if there is none. It never blocks on a pipe: without a reader it cannot be opened, and one that is full
 * is tried again.
 */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/** For its owner alone: it says who may meet whom. */
const MODE = 0o600;
/** How long to wait before a full pipe is tried again, in milliseconds. */
const PAUSE = 20;
/** Linux's PIPE_BUF, in bytes: as much goes into a pipe at once or not at all. */
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
 * @throws {Error} of the operating system's, when it cannot be opened
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
      // Its name may be gone: what is written to it then, nobody reads.
      if (fd !== null && (stale || (await files.stat(fd)).nlink === 0)) await leave();
      stale = false;
      fd ??= await files.open(path, FLAGS, MODE);
      try {
        await writeLines(fd, text);
      } catch (error) {
        // What can be written next may be another one of this name.
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
  // Each write is told of its own error.
  stream.on("error", () => {});
  // Node's own stream takes what a full disk still has room for as the whole.
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

/** Writes whole lines: after a write that stopped in the middle of one, the next begins on a line of its own. */
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

/** How many bytes go into a pipe next: whole lines, between which another process may write its own, where they are short enough. */
function wholeLines(bytes: Buffer, at: number): number {
  const most = Math.min(WHOLE_IN_PIPE, bytes.length - at);
  const end = bytes.lastIndexOf(NEWLINE, at + most - 1) + 1;
  return end > at ? end - at : most;
}
