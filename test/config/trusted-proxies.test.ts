import { describe, expect, it } from "vitest";
import { trustedProxies } from "../../src/config/trusted-proxies.ts";

describe("trustedProxies", () => {
  it.each([
    ["10.1.2.3", ["10.1.2.3", "::ffff:10.1.2.3"], ["10.1.2.4", "10.1.2.30"]],
    ["10.1.2.0/24", ["10.1.2.0", "10.1.2.255", "::ffff:10.1.2.9"], ["10.1.1.255", "10.1.3.0"]],
    ["2001:db8::/32", ["2001:db8::1", "2001:db8:ffff::"], ["2001:db9::1", "10.1.2.3"]],
    ["203.0.113.7/32, 2001:db8::1/128", ["203.0.113.7", "2001:db8::1"], ["203.0.113.8", "2001:db8::2"]],
    ["loopback", ["127.0.0.1", "127.9.9.9", "::1"], ["128.0.0.1", "::2", "10.0.0.1"]],
    ["linklocal", ["169.254.1.1", "fe80::1", "fe80::1%eth0"], ["169.253.1.1", "fec0::1"]],
    [
      "uniquelocal",
      ["10.255.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fdff::1"],
      ["11.0.0.1", "172.15.255.255", "172.32.0.1", "192.167.0.1", "fe00::1", "127.0.0.1"],
    ],
    ["loopback,uniquelocal", ["127.0.0.1", "10.0.0.1"], ["169.254.1.1"]],
  ])("of %s are %j, and not %j", (value, trusted, others) => {
    const trusts = trustedProxies(value);
    expect(trusted.map(trusts)).toEqual(trusted.map(() => true));
    expect(others.map(trusts)).toEqual(others.map(() => false));
    expect(["", "unknown", "10.1.2.3:80"].map(trusts)).toEqual([false, false, false]);
  });

  it.each([
    "true",
    "1",
    "*",
    "proxy",
    "Loopback",
    "loopback,",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "10.0.0.0/8.0",
    "10.0.0.0/255.0.0.0",
    "::1/129",
    "fe80::1%eth0",
    "0.0.0.0/0",
    "::/0",
    "constructor",
    "10.0.0.1 10.0.0.2",
  ])("refuses %s", (value) => {
    expect(() => trustedProxies(value)).toThrow(
      /^must be comma-separated IP addresses, ranges such as .* is none of these$/,
    );
  });
});
