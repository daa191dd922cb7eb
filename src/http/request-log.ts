import type { Logger } from "pino";

/**
 * The most log lines per second for requests without a caller. A flood of them would otherwise push callers' lines out of the
 * buffer.
 */
export const STRANGERS_LINES = 20;

/** The content of a request's log line. */
export interface RequestLine {
  readonly requestId: string;
  /** The caller's ID, if known. */
  readonly caller?: string | undefined;
  readonly [member: string]: unknown;
}

/** Writes request lines to a log. After a second with omitted lines, one line has their number. */
export function requestLog(logger: Logger) {
  let written = 0;
  let leftOut = 0;
  let timer: NodeJS.Timeout | undefined;

  const endSecond = () => {
    clearTimeout(timer);
    timer = undefined;
    if (leftOut > 0) logger.warn({ leftOut }, "requests without a caller were omitted from the log");
    written = 0;
    leftOut = 0;
  };

  return {
    /** Writes the line of a request. Omits it if it has no `caller` and this second has too many such lines. */
    write(level: "info" | "warn", line: RequestLine, message: string): void {
      if (!logger.isLevelEnabled(level)) return;
      if (line.caller === undefined) {
        timer ??= setTimeout(endSecond, 1000).unref();
        if (written === STRANGERS_LINES) {
          leftOut += 1;
          return;
        }
        written += 1;
      }
      logger[level](line, message);
    },
    /** Logs the number of omitted lines and resets it. */
    close: endSecond,
  };
}
