import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether a host is `localhost` or a loopback address, without a DNS lookup. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return (
    host.toLowerCase() === "localhost" ||
    (family !== 0 && LOOPBACK.check(host, family === 6 ? "ipv6" : "ipv4"))
  );
}

/** Like `isLoopback`, for URLs and `Host` headers, where IPv6 addresses have brackets. */
export function isLoopbackHostname(hostname: string): boolean {
  return isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}
