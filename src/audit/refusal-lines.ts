import type { Actor } from "./audit.ts";

/** The most lines a second about refusals of one caller, or of all unauthenticated callers, so that they cannot fill the disk. */
export const REFUSAL_LINES = 20;

/** Limits the lines about refusals, and counts the refusals without one. */
export interface RefusalLines {
  /** Whether this refusal may have a line. */
  take(actor: Actor): boolean;

  /** Reports the refusals without a line, and resets the counts. */
  close(): void;
}

/** @param tell receives, each second, how many refusals of a caller, or of all unauthenticated callers, had no line */
export function refusalLines(tell: (actor: Actor, leftOut: number) => void): RefusalLines {
  let counts = new Map<string | undefined, number>();
  let timer: NodeJS.Timeout | undefined;

  const endSecond = () => {
    clearTimeout(timer);
    timer = undefined;
    const ended = counts;
    counts = new Map();
    for (const [caller, count] of ended) {
      if (count > REFUSAL_LINES) tell({ caller }, count - REFUSAL_LINES);
    }
  };

  return {
    take({ caller }) {
      timer ??= setTimeout(endSecond, 1000).unref();
      const count = (counts.get(caller) ?? 0) + 1;
      counts.set(caller, count);
      return count <= REFUSAL_LINES;
    },
    close: endSecond,
  };
}
