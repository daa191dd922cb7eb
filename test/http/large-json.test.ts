import { describe, expect, it } from "vitest";
import { textOfLargeJson } from "../../src/http/large-json.ts";
import { turnsDuring } from "../support/event-loop.ts";

const KB = 1024;

describe("textOfLargeJson", () => {
  it.each([0, 1, 2, 3])(
    "parts no character where the portions meet, %i bytes from its beginning",
    async (shift) => {
      const text = JSON.stringify("x".repeat(shift) + "🙂".repeat(300 * KB));
      expect(await textOfLargeJson(Buffer.from(text))).toBe(text);
    },
  );

  it("counts what could be a value, and nothing inside of a string", async () => {
    const strings = JSON.stringify(Array.from({ length: 1000 }, () => '[{,"\\'.repeat(200)));
    expect(await textOfLargeJson(Buffer.from(strings))).toBe(strings);
    for (const value of ["{}", "[]", "1", '"\\""']) {
      const text = `[${Array.from({ length: 50_001 }, () => value).join(",")}]`;
      // Without the text, which a failure would print.
      const read = textOfLargeJson(Buffer.from(text)).then(() => "read");
      await expect(read, value).rejects.toMatchObject({ statusCode: 413 });
    }
  });

  it("lets a thousand requests have every field, and a dozen layout classes each", async () => {
    const classes = Array.from({ length: 12 }, (_, i) => `class-${i}`);
    const request = {
      role: "PUBLISHER",
      data: "",
      expireTime: 1,
      initialLayoutClassList: classes,
      format: "JWT",
    };
    const text = JSON.stringify({ requests: Array.from({ length: 1000 }, () => request) });
    expect(await textOfLargeJson(Buffer.from(text))).toBe(text);
  });

  it("yields to the event loop between portions", async () => {
    const turns = await turnsDuring(() =>
      textOfLargeJson(Buffer.from(JSON.stringify("x".repeat(4 * KB * KB)))),
    );
    expect(turns).toBeGreaterThanOrEqual(8);
  });
});
