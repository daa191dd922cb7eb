import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether a host is this machine, whatever its resolver says: `localhost`, or a loopback address. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return (
    host.toLowerCase() === "localhost" ||
    (family !== 0 && LOOPBACK.check(host, family === 6 ? "ipv6" : "ipv4"))
  );
}

/** As `isLoopback`, of a host as URLs and `Host` headers have it: an IPv6 address is in brackets. */
export function isLoopbackHostname(hostname: string): boolean {
  return isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}
