import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { RateLimited } from "../errors.ts";
import { type Caller, isLocal } from "./caller.ts";

/** What a quota counts. */
export type Counted = "tokens" | "sessions";

/** How many of each a caller may ask for in a minute when no quota is configured. */
export const DEFAULT_PER_MINUTE: Readonly<Record<Counted, number>> = { tokens: 6000, sessions: 600 };

/** Counts points of each key in a window that begins with the first of them. */
export interface Limiter {
  /** Counts the points and resolves, or rejects with a `RateLimiterRes` when the key has too many in this window. */
  consume(key: string, points: number): Promise<unknown>;
}

/** Makes the limiter of a quota. */
export type LimiterOf = (counted: Counted, perMinute: number) => Limiter;

/** The window of a quota, in seconds. */
export const WINDOW = 60;

/** A limiter that this process has for itself. */
export const limiterInMemory: LimiterOf = (counted, points) =>
  new RateLimiterMemory({ keyPrefix: counted, points, duration: WINDOW });

/** How many tokens or sessions each caller may ask for in a minute. */
export class Quota {
  readonly #counted: Counted;
  readonly #perMinute: number;
  readonly #sparesLocal: boolean;
  readonly #limiter: Limiter;

  /** @param perMinute null is the default, and then a caller of an open server has no quota */
  constructor(counted: Counted, perMinute: number | null, limiterOf: LimiterOf = limiterInMemory) {
    this.#counted = counted;
    this.#perMinute = perMinute ?? DEFAULT_PER_MINUTE[counted];
    this.#sparesLocal = perMinute === null;
    this.#limiter = limiterOf(counted, this.#perMinute);
  }

  /** The most that a caller can ask for at once; infinite where it has no quota. */
  most(caller: Caller): number {
    return this.#spares(caller) ? Number.POSITIVE_INFINITY : this.#perMinute;
  }

  /**
   * Counts what a caller asks for, whether or not it then gets it.
   *
   * @throws {RateLimited} when it has asked for more than its quota; these count, too
   */
  async take(caller: Caller, count: number): Promise<void> {
    if (this.#spares(caller)) return;
    try {
      await this.#limiter.consume(caller.id, count);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      const message = `Too many ${this.#counted} were asked for; ask again in ${seconds} seconds`;
      throw new RateLimited(message, seconds);
    }
  }

  #spares(caller: Caller): boolean {
    return this.#sparesLocal && isLocal(caller);
  }
}
