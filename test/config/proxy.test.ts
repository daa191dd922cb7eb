import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";

const AUTH_JWKS_URI = "https://idp.example.com/jwks.json";
const URL = "http://proxy.example.com:3128";

const read = (env: Record<string, string>) => {
  const idp = { AUTH_JWKS_URI, AUTH_JWT_ISSUER: "https://idp.example.com", AUTH_JWT_AUDIENCE: "stagepass" };
  const { proxy, notes } = parseConfig({ ...idp, ...env });
  const authorization = proxy?.authorization?.export().toString() ?? null;
  return { proxy: proxy && { ...proxy, authorization }, notes };
};

describe("the proxy", () => {
  it.each([
    ["HTTPS_PROXY", URL, URL],
    ["https_proxy", URL, URL],
    ["HTTP_PROXY", `${URL}/`, URL],
    ["http_proxy", "proxy.example.com:3128", URL],
    ["HTTPS_PROXY", "https://proxy.example.com", "https://proxy.example.com"],
  ])("is that of %s=%s", (variable, value, origin) => {
    const proxy = { variable, origin, authorization: null, noProxy: "" };
    expect(read({ [variable]: value })).toEqual({ proxy, notes: [] });
  });

  it("of https: URLs is that of HTTPS_PROXY, where both are set", () => {
    const { proxy } = read({ HTTP_PROXY: "http://other.example.com", HTTPS_PROXY: URL, https_proxy: URL });
    expect(proxy).toMatchObject({ variable: "https_proxy", origin: URL });
  });

  it.each([
    ["me:canary", "me:canary"],
    ["me", "me:"],
    ["me:p%40ss%2Fword%25", "me:p@ss/word%"],
  ])("has the credentials %s, which nothing shows", (given, credentials) => {
    const HTTPS_PROXY = URL.replace("//", `//${given}@`);
    const { proxy } = read({ HTTPS_PROXY });
    const header = `Basic ${Buffer.from(credentials).toString("base64")}`;
    expect(proxy).toMatchObject({ origin: URL, authorization: header });
    const shown = inspect(parseConfig({ AUTH_JWKS_URI, HTTPS_PROXY }), { depth: null, showHidden: true });
    expect(shown).not.toMatch(/canary|p%40ss|p@ss/);
    expect(shown).not.toContain(header.slice(6));
  });

  it.each([
    ["a.example.com,.b.example.com *.c.example.com", "a.example.com,.b.example.com,*.c.example.com"],
    ["localhost, 127.0.0.1:80", "localhost,127.0.0.1:80"],
    ["a.example.com,*", "*"],
  ])("leaves out NO_PROXY=%s", (NO_PROXY, noProxy) => {
    expect(read({ HTTPS_PROXY: URL, NO_PROXY })).toMatchObject({ proxy: { noProxy }, notes: [] });
  });

  it("says which entries of NO_PROXY match nothing", () => {
    expect(read({ HTTPS_PROXY: URL, no_proxy: "10.0.0.0/8,a.*.com,.example.com" }).notes).toEqual([
      "no_proxy: has 2 entries that match nothing: a range or a * within a name; write whole names or .example.com",
    ]);
  });

  it("is none where ALL_PROXY alone is set, which is said", () => {
    for (const name of ["ALL_PROXY", "all_proxy"]) {
      expect(read({ [name]: URL })).toEqual({
        proxy: null,
        notes: [
          "HTTPS_PROXY: is not set, and Stagepass does not read ALL_PROXY; set HTTPS_PROXY to use the proxy",
        ],
      });
    }
  });

  it("is not looked at where all calls stay on this machine", () => {
    const local = { HTTPS_PROXY: "socks5://proxy.example.com", AUTH_JWKS_URI: "http://127.0.0.1:9/jwks" };
    expect(parseConfig(local).proxy).toBeNull();
  });
});
