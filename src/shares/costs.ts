import { LRUCache } from "lru-cache";

/** The most callers whose costs are in memory. */
const REMEMBERED = 10_000;
/** The expected cost of one item of an unknown caller, in milliseconds. */
const UNKNOWN = 0.1;
/** The factor by which the expected cost falls after a cheaper item. */
const FADING = 0.8;
/** A slice is surprising if it takes more than twice the expected time plus this time, in milliseconds. */
const TOLERANCE = 0.2;

interface Cost {
  readonly perItem: number;
  /** Whether the caller must be measured alone before it shares a slice again. */
  readonly isDoubtful: boolean;
}

/** The expected cost of one item of each caller, learned from measured items. */
export class Costs {
  readonly #costs = new LRUCache<string, Cost>({ max: REMEMBERED });

  /** The cost of a caller's recent expensive items, in milliseconds. */
  of(callerId: string): number {
    return this.#costs.get(callerId)?.perItem ?? UNKNOWN;
  }

  isDoubtful(callerId: string): boolean {
    return this.#costs.get(callerId)?.isDoubtful ?? false;
  }

  /**
   * Learns from items that ran together, and splits their time among them. Items of one caller get equal parts; items of several
   * callers get parts in proportion to their expected costs. After a surprise each caller is measured alone next.
   *
   * @param callers the caller of each item
   * @param taken the time of all items together, in milliseconds
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
