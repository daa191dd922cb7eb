import { LRUCache } from "lru-cache";

/** How many callers' costs are remembered. */
const REMEMBERED = 10_000;
/** What one item is expected to take of a caller of whom nothing is known, in milliseconds. */
const UNKNOWN = 0.1;
/** How much of what a dear item took is still expected after one that is cheaper. */
const FADING = 0.8;
/** What callers took together is a surprise when it is more than twice what was expected, and this more, in milliseconds. */
const TOLERANCE = 0.2;

interface Cost {
  readonly perItem: number;
  /** Whether the caller must be measured by itself before it shares again. */
  readonly isDoubtful: boolean;
}

/** What one item of each caller is expected to take, learnt from what its items took. */
export class Costs {
  readonly #costs = new LRUCache<string, Cost>({ max: REMEMBERED });

  /** What one of a caller's dearer items took of late, in milliseconds. */
  of(callerId: string): number {
    return this.#costs.get(callerId)?.perItem ?? UNKNOWN;
  }

  isDoubtful(callerId: string): boolean {
    return this.#costs.get(callerId)?.isDoubtful ?? false;
  }

  /**
   * Learns from items that ran together, and tells what each of them took: those of one caller the same; those of several as much
   * as expected of each in proportion. Where that is a surprise, nobody knows whose it is, and each is measured by itself next.
   *
   * @param callers the caller of each item
   * @param taken by all of them, in milliseconds
   */
  split(callers: readonly string[], taken: number): number[] {
    const distinct = new Set(callers);
    const [first] = distinct;
    if (first !== undefined && distinct.size === 1) {
      const each = taken / callers.length;
      this.#costs.set(first, { perItem: Math.max(each, this.of(first) * FADING), isDoubtful: false });
      return callers.map(() => each);
    }
    const expected = callers.reduce((sum, callerId) => sum + this.of(callerId), 0);
    if (taken > 2 * expected + TOLERANCE) {
      for (const callerId of distinct)
        this.#costs.set(callerId, { perItem: this.of(callerId), isDoubtful: true });
    }
    return callers.map((callerId) => (this.of(callerId) * taken) / expected);
  }
}
