import { FairQueue } from "./fair-queue.ts";
import type { Turn } from "./turns.ts";

/** Runs a query at the caller's turn for the database, and resolves at the caller's turn on the event loop. */
export type Query = <T>(callerId: string, ask: () => Promise<T>) => Promise<T>;

/**
 * Shares the database among callers by the time of their queries.
 *
 * @param atOnce the most queries that run at the same time
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
      // Async, so that a query that throws rejects only its caller.
      queue.push(callerId, () => (async () => ask())().then(resolve, reject));
    });
    runNext();
    try {
      return await result;
    } finally {
      // The caller continues on the event loop, so it waits for its turn.
      await turn(callerId);
    }
  };
}
