import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { newTokenId } from "../../src/domain/token-id.ts";

describe("a token's ID", () => {
  it("is a UUID of version 7 that begins with the time", () => {
    // The example of RFC 9562, appendix A.6.
    const now = new Date(0x017f22e279b0);
    expect(newTokenId(now, "11111111-1111-4cc3-98c4-dc0c0c07398f")).toBe(
      "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    );
    expect(newTokenId(new Date(1), randomUUID())).toMatch(
      /^00000000-0001-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it("comes after those of earlier milliseconds, and is another each time", () => {
    const times = [1, 999, 1_795_500_000_000, 1_795_500_000_001, 4_102_444_800_000];
    const ids = times.map((time) => newTokenId(new Date(time), randomUUID()));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(Array.from({ length: 1000 }, () => newTokenId(new Date(0), randomUUID()))).size).toBe(
      1000,
    );
  });
});
