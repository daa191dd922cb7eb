import pino, { type Logger } from "pino";

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
 * every request, so lines wait for a tenth of a second at most.
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
  // The stream would retry for ever at the exit, and a log that cannot be written must not hold up the process.
  const silence = () => {
    logger.level = "silent";
    destination.flushSync = () => {};
  };
  destination.on("error", silence);

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
