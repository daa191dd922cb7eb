import { BlockList, isIP } from "node:net";
import { quote } from "../errors.ts";

/** The names that Express and Fastify use. */
const NAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ["loopback", ["127.0.0.0/8", "::1/128"]],
  ["linklocal", ["169.254.0.0/16", "fe80::/10"]],
  ["uniquelocal", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]],
]);

/**
 * Parses comma-separated addresses, ranges such as `10.0.0.0/8`, and the names above. The result tells whether an address is in the
 * list. Ranges of all addresses are refused: then any client could claim any address.
 */
export function trustedProxies(value: string): (address: string) => boolean {
  const list = new BlockList();
  for (const given of value.split(",").map((item) => item.trim())) {
    for (const range of NAMED.get(given) ?? [given]) {
      if (add(list, range)) continue;
      const names = [...NAMED.keys()].join(", ");
      throw new Error(
        `must be comma-separated IP addresses, ranges such as 10.0.0.0/8, or ${names}; ${quote(given)} is none of these`,
      );
    }
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

/** An address with an optional prefix length. A zone is refused: it names an interface of this machine. */
const RANGE = /^([^/%]+)(?:\/([1-9]\d{0,2}))?$/;

/** Adds a range, and returns whether it is valid. */
function add(list: BlockList, range: string): boolean {
  const [, address = "", prefix] = RANGE.exec(range) ?? [];
  const family = familyOf(address);
  const bits = family === "ipv4" ? 32 : 128;
  if (isIP(address) === 0 || Number(prefix ?? bits) > bits) return false;
  list.addSubnet(address, Number(prefix ?? bits), family);
  return true;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
