import type { Actor } from "./audit.ts";

/** The most lines a second about the refusals of one caller, and of all strangers together: who is refused could fill the disk. */
export const REFUSAL_LINES = 20;

/** Lets some refusals have lines, and counts the others. */
export interface RefusalLines {
  /** Whether this one may have a line. */
  take(actor: Actor): boolean;

  /** Tells how many were left out, and forgets them. */
  close(): void;
}

/** @param tell is told at the end of a second of each caller, or of all strangers, how many refusals had no line */
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
