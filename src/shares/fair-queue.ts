import { LRUCache } from "lru-cache";

/** The most callers whose use is in memory, so that a caller that returns soon is still known. */
const REMEMBERED = 10_000;

/** The time that a caller has used, in milliseconds, raised to that of the others when it last began to wait. */
interface Account {
  used: number;
}

/**
 * Waiting items by caller. The next item is always one of the caller that has used the least time (start-time fair queueing,
 * Goyal et al. 1996). So all callers get equal shares in milliseconds, regardless of the number and the cost of their items.
 * An idle caller gets no credit.
 */
export class FairQueue<T> {
  readonly #accounts = new LRUCache<string, Account>({ max: REMEMBERED });
  readonly #waiting = new Map<string, T[]>();
  /** The used time of the last served caller, at which new callers begin. */
  #floor = 0;

  /** The number of waiting callers. */
  get callers(): number {
    return this.#waiting.size;
  }

  push(callerId: string, item: T): void {
    const queue = this.#waiting.get(callerId);
    if (queue) {
      queue.push(item);
      return;
    }
    this.#waiting.set(callerId, [item]);
    const account = this.#accountOf(callerId);
    account.used = Math.max(account.used, this.#floor);
  }

  /** The waiting callers, least used time first. */
  inOrder(): string[] {
    const callers = [...this.#waiting.keys()];
    if (callers.length < 2) return callers;
    return callers
      .map((callerId) => ({ callerId, used: this.#usedBy(callerId) }))
      .sort((a, b) => a.used - b.used)
      .map(({ callerId }) => callerId);
  }

  /** The waiting caller with the least used time among `callers`; undefined if none waits. */
  leastOf(callers: readonly string[]): string | undefined {
    let least: string | undefined;
    for (const callerId of callers) {
      if (!this.#waiting.has(callerId)) continue;
      if (least === undefined || this.#usedBy(callerId) < this.#usedBy(least)) least = callerId;
    }
    return least;
  }

  /** Removes and returns the next item of a caller. */
  take(callerId: string): T | undefined {
    const queue = this.#waiting.get(callerId);
    const item = queue?.shift();
    if (queue?.length === 0) this.#waiting.delete(callerId);
    if (item !== undefined) this.#floor = Math.max(this.#floor, this.#usedBy(callerId));
    return item;
  }

  /** Adds time to a caller's use, in milliseconds; a negative number gives time back. */
  charge(callerId: string, milliseconds: number): void {
    this.#accountOf(callerId).used += milliseconds;
  }

  #usedBy(callerId: string): number {
    return this.#accountOf(callerId).used;
  }

  #accountOf(callerId: string): Account {
    const known = this.#accounts.get(callerId);
    if (known) return known;
    const account = { used: this.#floor };
    this.#accounts.set(callerId, account);
    return account;
  }
}
