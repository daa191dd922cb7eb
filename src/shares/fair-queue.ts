import { LRUCache } from "lru-cache";

/** How many callers' use is remembered, so that whoever waits again soon is still known. */
const REMEMBERED = 10_000;

/** What a caller has used, in milliseconds, and at least what others had used when it last began to wait. */
interface Account {
  used: number;
}

/**
 * Items that wait, by caller. The next one is always of the caller that has used the least time (start-time fair queueing,
 * Goyal et al. 1996): shares are equal in measured milliseconds, however many items somebody sends, and whatever they cost.
 * A caller that was away gets no credit for it.
 */
export class FairQueue<T> {
  readonly #accounts = new LRUCache<string, Account>({ max: REMEMBERED });
  readonly #waiting = new Map<string, T[]>();
  /** What the caller that was served last had used: whoever comes begins there. */
  #floor = 0;

  /** How many callers wait. */
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

  /** The callers that wait, whoever has used the least first. */
  inOrder(): string[] {
    const callers = [...this.#waiting.keys()];
    if (callers.length < 2) return callers;
    return callers
      .map((callerId) => ({ callerId, used: this.#usedBy(callerId) }))
      .sort((a, b) => a.used - b.used)
      .map(({ callerId }) => callerId);
  }

  /** Who has used the least of these callers that wait; undefined when none waits. */
  leastOf(callers: readonly string[]): string | undefined {
    let least: string | undefined;
    for (const callerId of callers) {
      if (!this.#waiting.has(callerId)) continue;
      if (least === undefined || this.#usedBy(callerId) < this.#usedBy(least)) least = callerId;
    }
    return least;
  }

  /** Takes the next item of a caller. */
  take(callerId: string): T | undefined {
    const queue = this.#waiting.get(callerId);
    const item = queue?.shift();
    if (queue?.length === 0) this.#waiting.delete(callerId);
    if (item !== undefined) this.#floor = Math.max(this.#floor, this.#usedBy(callerId));
    return item;
  }

  /** Counts what an item of a caller takes or took, in milliseconds; less than nothing gives back. */
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
