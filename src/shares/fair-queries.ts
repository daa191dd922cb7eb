import { FairQueue } from "./fair-queue.ts";
import type { Turn } from "./turns.ts";

/** Asks the database when it is the caller's turn, and resolves at a turn of the event loop that is the caller's. */
export type Query = <T>(callerId: string, ask: () => Promise<T>) => Promise<T>;

/**
 * Shares the database among callers by the time that their queries take.
 *
 * @param atOnce how many queries run at a time
 * @param now a clock, in milliseconds
 */
export function fairQueries(atOnce: number, turn: Turn, now: () => number = () => performance.now()): Query {
  const queue = new FairQueue<() => Promise<void>>();
  let running = 0;

  const runNext = () => {
    while (running < atOnce && queue.callers > 0) {
      const [callerId = ""] = queue.inOrder();
      const item = queue.take(callerId);
      const begin = now();
      running += 1;
      void item?.().finally(() => {
        running -= 1;
        queue.charge(callerId, now() - begin);
        runNext();
      });
    }
  };

  return async <T>(callerId: string, ask: () => Promise<T>): Promise<T> => {
    const result = new Promise<T>((resolve, reject) => {
      // Async, so that a query that throws rejects its caller alone.
      queue.push(callerId, () => (async () => ask())().then(resolve, reject));
    });
    runNext();
    try {
      return await result;
    } finally {
      // What follows takes of the event loop again.
      await turn(callerId);
    }
  };
}
