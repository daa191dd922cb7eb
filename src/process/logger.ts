import pino, { type Logger } from "pino";
import { DatabaseUnavailable } from "../errors.ts";

/** How much of the log may wait to be written, in bytes; what comes beyond is dropped. */
const MAX_WAITING = 1024 * 1024;

/** The process's log. */
export interface ProcessLog {
  readonly logger: Logger;

  /** Writes what waits, for at most `deadline` milliseconds, and is silent from then on. */
  finish(deadline: number): Promise<void>;
}

/**
 * A log on standard error, so that standard output has the address alone. A write for each line would slow
 * every request, so lines wait for a tenth of a second at most. While they cannot be written, because the disk is full or the
 * reader slow, they wait in memory; the next line that can be written says how many were lost.
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
    logger.error({ lost: said }, "lines of the log were lost");
    // This line, too: there is no room yet.
    if (lost > 0) lost = said;
  };
  destination.on("drop", () => {
    lost += 1;
  });
  destination.on("write", () => {
    if (!silent) destination.flushSync = flushSync;
    // Once the stream has made room for what it has written.
    if (lost > 0) queueMicrotask(sayLost);
  });
  destination.on("error", ({ code }: NodeJS.ErrnoException) => {
    // Nobody will ever read it again. After any other error the stream tries again at its next flush.
    if (code === "EPIPE") silence();
    // At the exit it would try for ever, and a log that cannot be written must not hold up the process.
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

/** What a line of the log says of an error. Of a database that cannot be used the reason is enough. */
export function whyOf(error: unknown): Record<string, unknown> {
  return error instanceof DatabaseUnavailable ? { reason: error.reason } : { err: error };
}
