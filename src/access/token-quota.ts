import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { RateLimited } from "../errors.ts";
import { type Caller, isLocal } from "./caller.ts";

/** How many tokens a caller may ask for. */
export interface TokenQuota {
  /** The most tokens that a caller can ask for at once; infinite where there is no quota. */
  most(caller: Caller): number;

  /**
   * Counts tokens that a caller asks for, whether or not it then gets them.
   *
   * @throws {RateLimited} when it has asked for more than its quota; these are counted, too
   */
  take(caller: Caller, count: number): Promise<void>;
}

/** How many tokens a caller may ask for in a minute when nothing is said. */
export const DEFAULT_PER_MINUTE = 6000;

/** The quota as configured; when nothing is said, the default, but none for processes of this machine on an open server. */
export function quotaOf(perMinute: number | null): TokenQuota {
  if (perMinute !== null) return tokenQuota(perMinute);
  const quota = tokenQuota(DEFAULT_PER_MINUTE);
  return {
    most: (caller) => (isLocal(caller) ? Number.POSITIVE_INFINITY : quota.most(caller)),
    take: async (caller, count) => (isLocal(caller) ? undefined : quota.take(caller, count)),
  };
}

/** So many tokens a minute for each caller, in a window that begins with its first. */
export function tokenQuota(perMinute: number): TokenQuota {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return {
    most: () => perMinute,

    async take({ id }, count) {
      try {
        await limiter.consume(id, count);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        throw new RateLimited(
          "Too many tokens were asked for",
          Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)),
        );
      }
    },
  };
}
