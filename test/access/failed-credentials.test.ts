import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { failedCredentials, MOST_FAILURES, networkOf } from "../../src/access/failed-credentials.ts";
import { RateLimited } from "../../src/errors.ts";

beforeEach(() => {
  // lru-cache holds on to `performance`, which fake timers replace.
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  vi.spyOn(performance, "now").mockImplementation(() => Date.now());
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const fail = (failed: ReturnType<typeof failedCredentials>, address: string, times = MOST_FAILURES) => {
  for (let i = 0; i < times; i++) failed.count(address);
};

it("as many as allowed shut an address out, and no other, until the minute ends", () => {
  const failed = failedCredentials();
  fail(failed, "203.0.113.7", MOST_FAILURES - 1);
  failed.check("203.0.113.7");
  vi.advanceTimersByTime(20_500);
  failed.count("203.0.113.7");
  expect(() => failed.check("203.0.113.7")).toThrow(RateLimited);
  expect(() => failed.check("203.0.113.7")).toThrow(
    expect.objectContaining({ extensions: { code: "RATE_LIMITED", retryable: true, retryAfterSeconds: 40 } }),
  );
  failed.check("203.0.113.8");
  vi.advanceTimersByTime(39_500);
  expect(() => failed.check("203.0.113.7")).toThrow(
    expect.objectContaining({ extensions: { code: "RATE_LIMITED", retryable: true, retryAfterSeconds: 1 } }),
  );
  vi.advanceTimersByTime(1);
  failed.check("203.0.113.7");
});

it("a minute begins anew with the first failure after it", () => {
  const failed = failedCredentials();
  fail(failed, "203.0.113.7");
  vi.advanceTimersByTime(60_001);
  fail(failed, "203.0.113.7", MOST_FAILURES - 1);
  failed.check("203.0.113.7");
  vi.advanceTimersByTime(59_999);
  failed.count("203.0.113.7");
  expect(() => failed.check("203.0.113.7")).toThrow(RateLimited);
});

it("addresses of one /64 are counted together", () => {
  const failed = failedCredentials();
  for (let i = 0; i < MOST_FAILURES; i++) failed.count(`2001:db8:1:2::${i.toString(16)}`);
  expect(() => failed.check("2001:db8:1:2:ffff::1")).toThrow(RateLimited);
  failed.check("2001:db8:1:3::1");
});

it("no more than ten thousand addresses are kept", () => {
  const failed = failedCredentials();
  fail(failed, "203.0.113.7");
  const others = (count: number) => {
    for (let i = 0; i < count; i++) failed.count(`10.0.${i >> 8}.${i & 255}`);
  };
  others(9_999);
  expect(() => failed.check("203.0.113.7")).toThrow(RateLimited);
  others(10_000);
  failed.check("203.0.113.7");
});

describe("networkOf", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:203.0.113.7", "203.0.113.7"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
    ["2001:db8::", "2001:db8:0:0"],
    ["2001:DB8::1", "2001:db8:0:0"],
    ["2001:0db8:0000:0001:0000:0000:0000:0001", "2001:db8:0:1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8::3:4:5:6:7", "2001:db8:0:3"],
    ["::2:3:4:5:6:7:8", "0:2:3:4"],
    ["1:2:3:4:5:6:7::", "1:2:3:4"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["not an address", "not an address"],
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
