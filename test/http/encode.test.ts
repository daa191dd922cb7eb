import { describe, expect, it } from "vitest";
import { encodeInTurns } from "../../src/http/encode.ts";

const MIB = 1024 * 1024;

describe("encodeInTurns", () => {
  it("leaves a short text as it is", () => {
    expect(encodeInTurns("é🙂")).toBe("é🙂");
  });

  it.each([0, 1])(
    "encodes a long one, and parts no character, %i code units from its beginning",
    async (shift) => {
      const text = "x".repeat(shift) + "🙂".repeat(1.2 * MIB);
      const encoded = await encodeInTurns(text);
      expect(Buffer.isBuffer(encoded) && encoded.equals(Buffer.from(text))).toBe(true);
    },
  );
});
