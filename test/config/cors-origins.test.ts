import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";

describe("CORS_ORIGINS", () => {
  it.each([
    "https://app.example.com",
    "https://app.example.com:8443",
    "http://localhost:3000",
    "http://[::1]:3000",
    "https://xn--mller-kva.example",
    "capacitor://localhost",
    "ionic://localhost",
    "app://bundle",
    "tauri://localhost",
    "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
    "moz-extension://29f760f8-7ce1-46c9-ade3-f2dedee4ed5f",
  ])("takes %s as browsers send it", (origin) => {
    const { corsOrigins, notes } = parseConfig({ CORS_ORIGINS: `https://first.example.com, ${origin}` });
    expect(corsOrigins).toEqual(["https://first.example.com", origin]);
    expect(notes).toEqual([]);
  });

  it("takes the scheme of an app that nobody knows, and says so", () => {
    const { corsOrigins, notes } = parseConfig({ CORS_ORIGINS: "capacitator://localhost" });
    expect(corsOrigins).toEqual(["capacitator://localhost"]);
    expect(notes).toEqual(["CORS_ORIGINS: capacitator: is an unknown scheme; it is treated as an app's"]);
  });

  it("takes a star for one label, of at most 63 characters", () => {
    const [pattern] = parseConfig({ CORS_ORIGINS: "https://*.preview.example.com:8443" }).corsOrigins;
    const matches = (label: string) => (pattern as RegExp).test(`https://${label}.preview.example.com:8443`);
    expect(["a", "pr-12", "x_y", "a".repeat(63)].map(matches)).toEqual([true, true, true, true]);
    expect(["", "a.b", "A", "a".repeat(64), "a\n", "user@", "a/b"].map(matches)).not.toContain(true);
  });
});
