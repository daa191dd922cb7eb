import type { Logger } from "pino";

/**
 * The most lines a second about requests without a caller. A flood of strangers would push the lines of callers out of what
 * waits to be written.
 */
export const STRANGERS_LINES = 20;

/** What a line says of a request. */
export interface RequestLine {
  readonly requestId: string;
  /** The ID of its caller, where that is known. */
  readonly caller?: string | undefined;
  readonly [member: string]: unknown;
}

/** Request lines in a log. Each second in which some were left out ends with one line that has their number. */
export function requestLog(logger: Logger) {
  let written = 0;
  let leftOut = 0;
  let timer: NodeJS.Timeout | undefined;

  const endSecond = () => {
    clearTimeout(timer);
    timer = undefined;
    if (leftOut > 0) logger.warn({ leftOut }, "requests without a caller were left out of the log");
    written = 0;
    leftOut = 0;
  };

  return {
    /** Writes the line of a request, unless it has no `caller` and there were too many such lines in this second. */
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
    /** Says how many lines were left out, and forgets them. */
    close: endSecond,
  };
}
