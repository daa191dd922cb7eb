import { isIP } from "node:net";
import { LRUCache } from "lru-cache";
import { RateLimited } from "../errors.ts";

/** The most credentials that may fail from one address in a minute, which begins with the first failure. */
export const MOST_FAILURES = 600;
const WINDOW = 60_000;
/** The most addresses in memory. Beyond that, the least recently used address is evicted. */
const ADDRESSES = 10_000;

/** Counts failed credentials by client address. IPv6 addresses of one /64 count as one. */
export interface FailedCredentials {
  /** @throws {RateLimited} if too many credentials have failed, until the minute ends */
  check(address: string): void;

  /** Counts a failed credential. */
  count(address: string): void;
}

/** Counts in bounded memory. rate-limiter-flexible would keep a timer for every address. */
export function failedCredentials(): FailedCredentials {
  const failures = new LRUCache<string, number>({ max: ADDRESSES, ttl: WINDOW, noUpdateTTL: true });
  return {
    check(address) {
      const network = networkOf(address);
      if ((failures.get(network) ?? 0) < MOST_FAILURES) return;
      const seconds = Math.max(1, Math.ceil(failures.getRemainingTTL(network) / 1000));
      throw new RateLimited(
        `Too many credentials from this address have failed; try again in ${seconds} seconds`,
        seconds,
      );
    },

    count(address) {
      const network = networkOf(address);
      failures.set(network, (failures.get(network) ?? 0) + 1);
    },
  };
}

/** The IPv4 address, also if mapped to IPv6, or the /64 of an IPv6 address, because one host can use all of it. */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped !== undefined || isIP(address) !== 6) return mapped ?? address;
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const groups = groupsOf(head);
  const last = groupsOf(tail ?? "");
  // The zeros that `::` abbreviates.
  const zeros = tail === undefined ? [] : Array<string>(8).fill("0");
  return [...groups, ...zeros.slice(groups.length + last.length), ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

function groupsOf(part: string): string[] {
  return part === "" ? [] : part.split(":");
}
