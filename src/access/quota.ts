import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { RateLimited } from "../errors.ts";
import { type Caller, isLocal } from "./caller.ts";

/** The items that a quota counts. Acts are what callers do to participants and bans. */
export type Counted = "tokens" | "sessions" | "acts";

/** The default quotas of a caller, in items per minute. */
export const DEFAULT_PER_MINUTE: Readonly<Record<Counted, number>> = {
  tokens: 6000,
  sessions: 600,
  acts: 600,
};

/** Counts points of each key in a window, which begins with the first point. */
export interface Limiter {
  /** Counts the points. Rejects with a `RateLimiterRes` if the key has too many in this window. */
  consume(key: string, points: number): Promise<unknown>;
}

/** Makes the limiter of a quota. */
export type LimiterOf = (counted: Counted, perMinute: number) => Limiter;

/** The window of a quota, in seconds. */
export const WINDOW = 60;

/** A limiter of this process only. */
export const limiterInMemory: LimiterOf = (counted, points) =>
  new RateLimiterMemory({ keyPrefix: counted, points, duration: WINDOW });

/** A limiter that is always used up, for tests of front ends. */
export const usedUp: LimiterOf = () => ({
  consume: () => Promise.reject(new RateLimiterRes(0, WINDOW * 1000)),
});

/** The items that each caller may request per minute. */
export class Quota {
  readonly #counted: Counted;
  readonly #perMinute: number;
  readonly #sparesLocal: boolean;
  readonly #limiter: Limiter;

  /** @param perMinute null is the default, which does not limit the callers of an open server */
  constructor(counted: Counted, perMinute: number | null, limiterOf: LimiterOf = limiterInMemory) {
    this.#counted = counted;
    this.#perMinute = perMinute ?? DEFAULT_PER_MINUTE[counted];
    this.#sparesLocal = perMinute === null;
    this.#limiter = limiterOf(counted, this.#perMinute);
  }

  /** The most items that a caller can request at once; infinite without a quota. */
  most(caller: Caller): number {
    return this.#spares(caller) ? Number.POSITIVE_INFINITY : this.#perMinute;
  }

  /**
   * Counts the requested items of a caller, even if the request fails later.
   *
   * @throws {RateLimited} if the caller exceeds its quota; refused items count, too
   */
  async take(caller: Caller, count: number): Promise<void> {
    if (this.#spares(caller)) return;
    try {
      await this.#limiter.consume(caller.id, count);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      const message = `Too many ${this.#counted} were requested; try again in ${seconds} seconds`;
      throw new RateLimited(message, seconds);
    }
  }

  #spares(caller: Caller): boolean {
    return this.#sparesLocal && isLocal(caller);
  }
}
