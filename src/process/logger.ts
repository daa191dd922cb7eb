import pino, { type Logger } from "pino";
import { DatabaseUnavailable } from "../errors.ts";

/** The most log data that may wait to be written, in bytes. Lines beyond it are dropped. */
const MAX_WAITING = 1024 * 1024;

/** The log of the process. */
export interface ProcessLog {
  readonly logger: Logger;

  /** Writes the waiting lines for at most `deadline` milliseconds, then logs nothing more. */
  finish(deadline: number): Promise<void>;
}

/**
 * A log on standard error, so that standard output has only the address. Lines wait for up to 0.1 seconds, because a write for each
 * line would slow every request. While the disk is full or the reader is slow, lines wait in memory. The next written line says how
 * many were lost.
 */
export function createLog(level: string): ProcessLog {
  const destination = pino.destination({
    dest: 2,
    sync: false,
    minLength: 4096,
    maxLength: MAX_WAITING,
    periodicFlush: 100,
  });
  const logger = pino({ level, base: null }, destination);
  const { flushSync } = destination;
  const flushNothing = () => {};
  let silent = false;
  const silence = () => {
    silent = true;
    logger.level = "silent";
    destination.flushSync = flushNothing;
  };

  let lost = 0;
  const sayLost = () => {
    if (lost === 0) return;
    const said = lost;
    lost = 0;
    logger.error({ lost: said }, "log lines were lost");
    // This line was lost, too, because there is still no room.
    if (lost > 0) lost = said;
  };
  destination.on("drop", () => {
    lost += 1;
  });
  destination.on("write", () => {
    if (!silent) destination.flushSync = flushSync;
    // After the stream has freed the written lines.
    if (lost > 0) queueMicrotask(sayLost);
  });
  destination.on("error", ({ code }: NodeJS.ErrnoException) => {
    // The reader is gone, so nothing reads the log any more. After any other error, the stream tries again at its next flush.
    if (code === "EPIPE") silence();
    // At the exit, it would retry forever. An unwritable log must not hold up the process.
    else destination.flushSync = flushNothing;
  });

  return {
    logger,
    async finish(deadline) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, deadline);
        destination.flush(() => resolve());
      });
      clearTimeout(timer);
      silence();
    },
  };
}

/** The members of a log line about an error. For an unavailable database, the reason is enough. */
export function whyOf(error: unknown): Record<string, unknown> {
  return error instanceof DatabaseUnavailable ? { reason: error.reason } : { err: error };
}
