import { LRUCache } from "lru-cache";

/** How many callers' use is remembered, so that whoever waits again soon is still known. */
const REMEMBERED = 10_000;

/** How much of what a dear item took is still expected after one that is cheaper. */
const FADING = 0.8;

/** What a caller has used. */
interface Account {
  /** In milliseconds, and at least what others had used when the caller last began to wait. */
  used: number;
  /** What one of its dearer items took of late, in milliseconds. */
  perItem: number;
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
      .map((callerId) => ({ callerId, used: this.#accountOf(callerId).used }))
      .sort((a, b) => a.used - b.used)
      .map(({ callerId }) => callerId);
  }

  /** Takes the next item of a caller. */
  take(callerId: string): T | undefined {
    const queue = this.#waiting.get(callerId);
    const item = queue?.shift();
    if (queue?.length === 0) this.#waiting.delete(callerId);
    if (item !== undefined) this.#floor = Math.max(this.#floor, this.#accountOf(callerId).used);
    return item;
  }

  /** Counts what one item of a caller took, in milliseconds. */
  charge(callerId: string, milliseconds: number): void {
    const account = this.#accountOf(callerId);
    account.used += milliseconds;
    account.perItem = Math.max(milliseconds, account.perItem * FADING);
  }

  /** What one of a caller's dearer items took of late, in milliseconds; 0 when nobody knows. */
  perItem(callerId: string): number {
    return this.#accountOf(callerId).perItem;
  }

  #accountOf(callerId: string): Account {
    const known = this.#accounts.get(callerId);
    if (known) return known;
    const account = { used: this.#floor, perItem: 0 };
    this.#accounts.set(callerId, account);
    return account;
  }
}
