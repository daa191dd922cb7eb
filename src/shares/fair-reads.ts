import { FairQueue } from "./fair-queue.ts";
import type { Turn } from "./turns.ts";

/** Reads the database when it is the caller's turn, and resolves at a turn of the event loop that is the caller's. */
export type Read = <T>(callerId: string, read: () => Promise<T>) => Promise<T>;

/**
 * Shares the database's readers among callers by the time that their reads take.
 *
 * @param readers how many reads run at a time
 * @param now a clock, in milliseconds
 */
export function fairReads(readers: number, turn: Turn, now: () => number = () => performance.now()): Read {
  const queue = new FairQueue<() => Promise<void>>();
  let running = 0;

  const runNext = () => {
    while (running < readers && queue.callers > 0) {
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

  return async <T>(callerId: string, read: () => Promise<T>): Promise<T> => {
    const result = new Promise<T>((resolve, reject) => {
      queue.push(callerId, () => read().then(resolve, reject));
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
