import { createHash } from "node:crypto";
import { RateLimiterMemory, RateLimiterPostgres } from "rate-limiter-flexible";
import type { LimiterClient } from "../store/store.ts";
import { ChunkedLimiter } from "./chunked-limiter.ts";
import { type LimiterOf, WINDOW } from "./quota.ts";

/**
 * Limiters that all replicas of a database share. While the database does not answer, each replica counts by itself.
 *
 * @param onChange receives the error when the database fails, and null when it answers again
 */
export function sharedLimiters(client: LimiterClient, onChange: (cause: unknown) => void): LimiterOf {
  const storeClient = watched(client, onChange);
  return (counted, points) => {
    const rules = { keyPrefix: counted, points, duration: WINDOW };
    const limiter = new RateLimiterPostgres({
      ...rules,
      storeClient,
      storeType: "client",
      tableName: client.table,
      tableCreated: true,
      insuranceLimiter: new RateLimiterMemory(rules),
    });
    const chunked = new ChunkedLimiter(limiter, points);
    return { consume: (id, count) => chunked.consume(keyOf(id), count) };
  };
}

/** A hash, because a caller's ID has any length, and may have characters that PostgreSQL cannot store. */
function keyOf(callerId: string): string {
  return createHash("sha256").update(callerId).digest("base64url");
}

function watched(client: LimiterClient, onChange: (cause: unknown) => void): Pick<LimiterClient, "query"> {
  let failing = false;
  const tell = (cause: unknown) => {
    if (failing !== (cause !== null)) onChange(cause);
    failing = cause !== null;
  };
  return {
    async query(query) {
      try {
        const result = await client.query(query);
        tell(null);
        return result;
      } catch (error) {
        tell(error);
        throw error;
      }
    },
  };
}
