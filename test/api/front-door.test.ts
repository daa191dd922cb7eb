import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ORIGIN = "https://app.example.com";
const ORIGINS = `${ORIGIN}, https://*.preview.example.com, capacitor://localhost`;
const CREATE = JSON.stringify({ query: "mutation { createSession { id } }" });
const authorization = `Bearer ${signedJwt(EVERYTHING)}`;

let server: TestServer;
let production: TestServer;
beforeAll(async () => {
  server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET, CORS_ORIGINS: ORIGINS });
  production = await startServer({ NODE_ENV: "production" });
});
afterAll(() => Promise.all([server.close(), production.close()]));

const post = (
  url: string,
  headers: Record<string, string>,
  body: string | Uint8Array<ArrayBuffer> = CREATE,
) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization, ...headers },
    body,
  });
const count = async () => {
  const query = "{ sessions(first: 100) { nodes { id } } }";
  return (await server.graphql(query, {}, authorization.slice("Bearer ".length))).data.sessions.nodes.length;
};

describe("what is refused before anything runs, with nothing created", () => {
  it.each<[string, number, string, Record<string, string>]>([
    ["Accept: text/plain", 406, "NOT_ACCEPTABLE", { accept: "text/plain" }],
    ["Accept: text/html", 406, "NOT_ACCEPTABLE", { accept: "text/html" }],
    ["Accept: multipart/mixed", 406, "NOT_ACCEPTABLE", { accept: "multipart/mixed" }],
    ["Accept: application/json with no weight", 406, "NOT_ACCEPTABLE", { accept: "application/json;q=0" }],
    ["Content-Encoding: br", 415, "UNSUPPORTED_MEDIA_TYPE", { "content-encoding": "br" }],
    ["no scheme", 401, "UNAUTHENTICATED", { authorization: authorization.slice("Bearer ".length) }],
    ["Basic", 401, "UNAUTHENTICATED", { authorization: "Basic YTpi" }],
    ["a signature that is cut off", 401, "UNAUTHENTICATED", { authorization: authorization.slice(0, -2) }],
    [
      "an unknown API key",
      401,
      "UNAUTHENTICATED",
      { authorization: `Bearer stagepass_0123abcd_${"x".repeat(43)}` },
    ],
    ["two credentials", 401, "UNAUTHENTICATED", { "x-api-key": `stagepass_0123abcd_${"x".repeat(43)}` }],
  ])("%s: %i", async (_, status, code, headers) => {
    const before = await count();
    const response = await post(server.url, headers);
    expect(response.status).toBe(status);
    expect((await response.json()).errors).toMatchObject([{ extensions: { code } }]);
    expect(response.headers.get("www-authenticate")).toBe(status === 401 ? "Bearer" : null);
    expect(await count()).toBe(before);
  });

  it("a compressed body: 415", async () => {
    const before = await count();
    const response = await post(server.url, { "content-encoding": "gzip" }, new Uint8Array(gzipSync(CREATE)));
    expect(response.status).toBe(415);
    expect(await count()).toBe(before);
  });

  it("a stranger, whose body is not waited for", async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": "60000" };
      const request = httpRequest(server.url, { method: "POST", headers }, (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on("error", reject);
      request.flushHeaders();
    });
    expect(status).toBe(401);
  });
});

describe("in production", () => {
  const introspect = JSON.stringify({ query: "{ __schema { queryType { name } } }" });

  it("tells the schema to callers, and to nobody else", async () => {
    expect(await (await post(production.url, {}, introspect)).json()).toEqual({
      data: { __schema: { queryType: { name: "Query" } } },
    });
    for (const query of ["{ __schema { queryType { name } } }", "{ __typename }", "{"]) {
      const response = await fetch(production.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query }),
      });
      expect([response.status, Object.keys(await response.json())]).toEqual([401, ["errors"]]);
    }
  });

  it("has no page, with or without a caller", async () => {
    expect((await fetch(production.url, { headers: { accept: "text/html" } })).status).toBe(401);
    const headers = { accept: "text/html", authorization };
    expect((await fetch(production.url, { headers })).status).toBe(406);
  });
});

it.each(["multipart/mixed, text/html", "multipart/mixed; deferSpec=20220824, text/html"])(
  "a caller is needed for Accept: %s, which is not for the page",
  async (accept) => {
    const url = `${server.url}?query={__typename}`;
    const response = await fetch(url, { headers: { accept, "apollo-require-preflight": "1" } });
    expect(response.status).toBe(401);
  },
);

describe("browsers", () => {
  const preflight = (url: string, origin: string) =>
    fetch(url, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });

  it.each([
    ORIGIN,
    "https://pr-12.preview.example.com",
    "https://x--y.preview.example.com",
    "capacitor://localhost",
  ])("may call from %s, which is listed", async (origin) => {
    for (const response of [await preflight(server.url, origin), await post(server.url, { origin })]) {
      expect(response.ok).toBe(true);
      expect(response.headers.get("access-control-allow-origin")).toBe(origin);
      expect(response.headers.get("vary")).toMatch(/\borigin\b/i);
      expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    }
  });

  it.each([
    ["another origin", () => server.url, "https://app.example.com.attacker.example"],
    ["a file", () => server.url, "null"],
    ["what a star stands below", () => server.url, "https://preview.example.com"],
    ["two labels for a star", () => server.url, "https://a.b.preview.example.com"],
    ["no label for a star", () => server.url, "https://.preview.example.com"],
    ["a name that ends alike", () => server.url, "https://evil-preview.example.com"],
    ["a name that begins alike", () => server.url, "https://x.preview.example.com.evil.com"],
    ["another character for a dot", () => server.url, "https://x.previewXexample.com"],
    ["another scheme than a star's", () => server.url, "http://pr-12.preview.example.com"],
    ["another port than a star's", () => server.url, "https://pr-12.preview.example.com:8443"],
    ["the star itself", () => server.url, "https://*.preview.example.com"],
    ["another host of an app's scheme", () => server.url, "capacitor://example.com"],
    ["any, when none is listed", () => production.url, ORIGIN],
  ])("may not call from %s", async (_, url, origin) => {
    for (const response of [await preflight(url(), origin), await post(url(), { origin })]) {
      expect(response.headers.get("access-control-allow-origin")).not.toBe(origin);
      expect(response.headers.get("access-control-allow-origin")).not.toBe("*");
    }
  });

  it("are told to do nothing with an answer but read it", async () => {
    for (const response of [
      await post(production.url, {}),
      await fetch(production.url),
      await fetch(`${production.origin}/livez`),
      await fetch(`${production.origin}/nowhere`),
    ]) {
      expect(response.headers.get("content-security-policy")).toBe(
        "default-src 'none';frame-ancestors 'none'",
      );
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("x-powered-by")).toBeNull();
    }
  });
});
