import { isIP } from "node:net";
import { LRUCache } from "lru-cache";
import { RateLimited } from "../errors.ts";

/** How many credentials may fail from one address in a minute that begins with the first. */
export const MOST_FAILURES = 600;
const WINDOW = 60_000;
/** How many addresses are counted at a time; of more, the one heard of longest ago is forgotten. */
const ADDRESSES = 10_000;

/** The credentials that failed, by the address that they came from. IPv6 addresses of one /64 are one. */
export interface FailedCredentials {
  /** @throws {RateLimited} when too many have failed, until the minute ends */
  check(address: string): void;

  /** Counts one that failed. */
  count(address: string): void;
}

/** Counts in memory, which is bounded: unlike rate-limiter-flexible's, which keeps a timer for every address it has seen. */
export function failedCredentials(): FailedCredentials {
  const failures = new LRUCache<string, number>({ max: ADDRESSES, ttl: WINDOW, noUpdateTTL: true });
  return {
    check(address) {
      const network = networkOf(address);
      if ((failures.get(network) ?? 0) < MOST_FAILURES) return;
      const seconds = Math.max(1, Math.ceil(failures.getRemainingTTL(network) / 1000));
      throw new RateLimited(
        `Too many credentials from this address have failed; ask again in ${seconds} seconds`,
        seconds,
      );
    },

    count(address) {
      const network = networkOf(address);
      failures.set(network, (failures.get(network) ?? 0) + 1);
    },
  };
}

/**
 * An IPv4 address, also one that is written as IPv6, or the first 64 bits of an IPv6 address: one host has as many addresses as
 * the other 64 bits allow.
 */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped !== undefined || isIP(address) !== 6) return mapped ?? address;
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const groups = groupsOf(head);
  const last = groupsOf(tail ?? "");
  // What `::` stands for.
  const zeros = tail === undefined ? [] : Array<string>(8).fill("0");
  return [...groups, ...zeros.slice(groups.length + last.length), ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

function groupsOf(part: string): string[] {
  return part === "" ? [] : part.split(":");
}
