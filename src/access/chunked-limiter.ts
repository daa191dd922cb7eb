import { LRUCache } from "lru-cache";
import { RateLimiterRes } from "rate-limiter-flexible";
import type { Limiter } from "./quota.ts";

/** The share of the quota that is taken from the shared limiter at once, so that few requests query it. */
const CHUNK = 0.02;

/** The most callers in memory. An evicted caller loses the rest of its chunk. */
const MAX_CALLERS = 20_000;

/** What this replica may still give a caller. */
interface Share {
  left: number;
  /** The end of the window, by `performance.now()`; never later than that of the shared limiter. */
  readonly end: number;
  /** Whether the shared limiter has nothing left in this window. */
  readonly last: boolean;
}

/** A limiter of rate-limiter-flexible that several replicas share. */
export interface SharedLimiter {
  consume(key: string, points: number): Promise<RateLimiterRes>;
}

/**
 * Takes points from a shared limiter in chunks of 2 %, and spends them until the window ends. So few requests query the limiter.
 * Together the replicas never exceed it. Each may leave the rest of one chunk unused.
 *
 * @param points the shared limiter's points for each key in a window; below 100 a chunk is 1, which is exact
 */
export class ChunkedLimiter implements Limiter {
  readonly #shared: SharedLimiter;
  readonly #points: number;
  readonly #chunk: number;
  readonly #shares = new LRUCache<string, Share>({ max: MAX_CALLERS });
  readonly #underway = new Map<string, Promise<void>>();

  constructor(shared: SharedLimiter, points: number) {
    this.#shared = shared;
    this.#points = points;
    this.#chunk = Math.max(1, Math.floor(points * CHUNK));
  }

  async consume(key: string, count: number): Promise<void> {
    for (;;) {
      const share = this.#shareOf(key);
      if (share && (share.left >= count || share.last)) return spend(share, count);
      const other = this.#underway.get(key);
      if (!other) {
        const own = this.#fetchFor(key, count);
        this.#underway.set(key, own);
        return own;
      }
      // The outcome belongs to another request.
      await other.catch(() => {});
    }
  }

  #shareOf(key: string): Share | undefined {
    const share = this.#shares.get(key);
    return share && performance.now() < share.end ? share : undefined;
  }

  /** Adds a chunk, or `count` if that is more, to the caller's share, and spends `count`. */
  async #fetchFor(key: string, count: number): Promise<void> {
    const asked = Math.max(this.#chunk, count);
    const begin = performance.now();
    let answer: RateLimiterRes;
    try {
      answer = await this.#shared.consume(key, asked);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      answer = refusal;
    } finally {
      this.#underway.delete(key);
    }
    const { consumedPoints, msBeforeNext } = answer;
    // The limiter also counts refused points, so only the request that crosses the limit gets the remaining points.
    const granted = Math.max(0, asked - Math.max(0, consumedPoints - this.#points));
    const left = (this.#shareOf(key)?.left ?? 0) + granted;
    const share = { left, end: begin + msBeforeNext, last: consumedPoints >= this.#points };
    this.#shares.set(key, share);
    spend(share, count);
  }
}

/** @throws {RateLimiterRes} if the share has fewer points; the refusal spends all of them */
function spend(share: Share, count: number): void {
  const isEnough = share.left >= count;
  share.left = isEnough ? share.left - count : 0;
  if (!isEnough) throw new RateLimiterRes(0, Math.max(0, share.end - performance.now()));
}
