import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConsole } from "../../src/http/console.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { serverForTest, startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const FOLDER = new URL("../../console/dist/", import.meta.url).pathname;
const ASSETS = readdirSync(join(FOLDER, "assets"));
const { page, documents } = readConsole(FOLDER);

let development: TestServer;
let production: TestServer;
let without: TestServer;
beforeAll(async () => {
  development = await startServer({ CONSOLE: "on" });
  production = await startServer({ CONSOLE: "on", NODE_ENV: "production" });
  without = await startServer({ CONSOLE: "off" });
});
afterAll(() => Promise.all([development.close(), production.close(), without.close()]));

/** A response as it is sent, with no decompression and no path made simpler. */
function raw(origin: string, path: string, headers: Record<string, string> = {}, method = "GET") {
  return new Promise<{ status?: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const { hostname, port } = new URL(origin);
      const asked = request({ hostname, port, path, method, headers }, async (response) => {
        const body = Buffer.concat(await response.toArray());
        resolve({
          ...(response.statusCode && { status: response.statusCode }),
          headers: response.headers,
          body,
        });
      });
      asked.on("error", reject).end();
    },
  );
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  "frame-ancestors 'none'",
].join(";");

describe("the console's page", () => {
  it.each([
    ["development", () => development],
    ["production", () => production],
  ])("is at / in %s for whoever asks, under a strict policy", async (_, server) => {
    const { status, headers, body } = await raw(server().origin, "/");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(body.toString()).toContain('<div id="root">');
    expect((await raw(server().origin, "/", {}, "HEAD")).status).toBe(200);
  });

  it("has no script and no style inside, and loads nothing from elsewhere", () => {
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|https?:\/\//i);
    expect(page.match(/<script[^>]*>[^<]/g)).toBeNull();
    for (const [, url] of page.matchAll(/(?:src|href)="([^"]+)"/g)) expect(url).toMatch(/^\.\/assets\//);
    for (const name of ASSETS.filter((each) => each.endsWith(".css"))) {
      expect(readFileSync(join(FOLDER, "assets", name), "utf8")).not.toMatch(/@import|url\(/);
    }
  });

  it("leads to Apollo Sandbox in development alone", async () => {
    const link = '<link rel="service-doc" href="./graphql">';
    expect((await raw(development.origin, "/")).body.toString()).toContain(link);
    expect((await raw(production.origin, "/")).body.toString()).not.toContain("service-doc");
  });

  it("is not there when it is off", async () => {
    expect(without.consoleUrl).toBeNull();
    expect(development.consoleUrl).toBe(`${development.origin}/`);
    const { status, body } = await raw(without.origin, "/");
    expect(status).toBe(404);
    expect(JSON.parse(body.toString()).errors).toMatchObject([{ extensions: { code: "NOT_FOUND" } }]);
    expect((await raw(without.origin, `/assets/${ASSETS[0]}`)).status).toBe(404);
  });

  it("is for this machine alone where nobody is asked for a credential", async () => {
    expect((await raw(development.origin, "/", { host: "evil.example" })).status).toBe(421);
    expect((await raw(development.origin, `/assets/${ASSETS[0]}`, { host: "evil.example" })).status).toBe(
      421,
    );
  });

  it("changes nothing about the answers of the API", async () => {
    const headers = async (server: TestServer) => {
      const response = await fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
      });
      return [...response.headers.keys()].filter((name) => name !== "www-authenticate").sort();
    };
    const bare = await startServer({ NODE_ENV: "production" });
    expect(await headers(production)).toEqual(await headers(bare));
    await bare.close();
  });
});

describe("what the page loads", () => {
  it("has at most 150 KB of JavaScript at first, compressed as it is sent", () => {
    const later = /^(bans|guest|inspect|keys|session|tokens)-/;
    expect(new Set(ASSETS.flatMap((name) => later.exec(name)?.[1] ?? [])).size).toBe(6);
    const size = (pattern: RegExp) =>
      ASSETS.filter((name) => pattern.test(name) && !later.test(name))
        .map((name) => statSync(join(FOLDER, "assets", name)).size)
        .reduce((sum, each) => sum + each, 0);
    expect(size(/\.js$/)).toBeGreaterThan(0);
    expect(size(/\.js\.br$/)).toBeGreaterThan(0);
    expect(size(/\.js\.br$/)).toBeLessThan(150_000);
    // Over plain HTTP browsers take gzip alone. Without the chart, which follows:
    expect(size(/^(?!bars-).*\.js\.gz$/)).toBeLessThan(150_000);
  });

  const files = ASSETS.filter((name) => /\.(js|css|svg)$/.test(name));
  it.each(files)("is sent as the client takes it: %s", async (name) => {
    const content = readFileSync(join(FOLDER, "assets", name));
    for (const [accepted, encoding, decode] of [
      ["gzip, deflate, br", "br", brotliDecompressSync],
      ["gzip", "gzip", gunzipSync],
      ["identity", undefined, (body: Buffer) => body],
    ] as const) {
      const { status, headers, body } = await raw(production.origin, `/assets/${name}`, {
        "accept-encoding": accepted,
      });
      expect(status).toBe(200);
      expect(headers["content-encoding"]).toBe(encoding);
      expect(decode(body).equals(content)).toBe(true);
      expect(headers).toMatchObject({
        "cache-control": "public, max-age=31536000, immutable",
        "content-security-policy": POLICY,
        vary: "accept-encoding",
      });
    }
  });

  const script = `/assets/${ASSETS.find((name) => name.endsWith(".js"))}`;

  it.each<[string, number, string | undefined, Record<string, string>]>([
    ["a part", 206, undefined, { range: "bytes=0-9" }],
    ["a part that there is not", 416, "RANGE_NOT_SATISFIABLE", { range: "bytes=99999999-" }],
    ["what it is not", 412, "PRECONDITION_FAILED", { "if-match": '"x"' }],
    [
      "what changed since",
      304,
      undefined,
      { "if-modified-since": new Date(Date.now() + 86_400_000).toUTCString() },
    ],
  ])("is answered to who asks for %s: %i", async (_, status, code, headers) => {
    const answer = await raw(production.origin, script, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers["content-security-policy"]).toBe(POLICY);
    if (code) expect(JSON.parse(answer.body.toString()).errors).toMatchObject([{ extensions: { code } }]);
  });

  it("varies by the origin, too, where others may call", async () => {
    const server = await startServer({ CONSOLE: "on", CORS_ORIGINS: "https://app.example.com" });
    const { headers } = await raw(server.origin, script, { origin: "https://app.example.com" });
    expect(headers.vary).toBe("Origin, accept-encoding");
    await server.close();
  });

  it.each([
    "/assets/",
    "/assets/none.js",
    "/assets/../index.html",
    "/assets/%2e%2e/persisted-documents.json",
    "/assets/..%2f..%2fpackage.json",
    "/assets/..%5c..%5cpackage.json",
    "/persisted-documents.json",
    "/index.html",
    "//etc/passwd",
  ])("is nothing else: %s", async (path) => {
    expect((await raw(production.origin, path)).status).toBe(404);
  });
});

describe("where only trusted documents are executed", () => {
  const manifest = () => {
    const path = join(temporaryFolder(), "manifest.json");
    writeFileSync(path, JSON.stringify({ mine: "{ sessions { nodes { id } } }" }));
    return { TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: path };
  };
  const start = async (env: Record<string, string>) => {
    const server = await serverForTest({ ...manifest(), ...env });
    return server;
  };
  const codes = async (server: TestServer, queries: readonly string[]) => {
    const answers = await Promise.all(queries.map((query) => server.graphql(query)));
    // Variables are missing, which is found out after a document is trusted.
    return answers.map(({ errors }) => errors[0]?.extensions.code);
  };
  const texts = [...documents.values()];

  it("the console's are trusted, with those of the manifest, and no others", async () => {
    const server = await start({ CONSOLE: "on" });
    expect(texts.length).toBeGreaterThan(8);
    expect(await codes(server, texts)).not.toContain("QUERY_NOT_IN_SAFELIST");
    expect(await codes(server, ["{ sessions { nodes { id } } }"])).toEqual([undefined]);
    expect(await codes(server, ["{ __typename }"])).toEqual(["QUERY_NOT_IN_SAFELIST"]);
  });

  it("they are executed for nobody without a credential", async () => {
    const server = await start({ CONSOLE: "on", AUTH_JWT_SECRET: JWT_SECRET });
    const [text = ""] = texts;
    expect(await server.graphql(text)).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: "UNAUTHENTICATED" } }],
    });
  });

  it("they are not trusted where the console is off", async () => {
    const server = await start({ CONSOLE: "off" });
    expect(await codes(server, texts)).toEqual(texts.map(() => "QUERY_NOT_IN_SAFELIST"));
  });
});

describe("a console that is not whole", () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ["not built", {}, /ENOENT.*index\.html|ENOENT.*assets/],
    [
      "without its documents",
      { "index.html": "<html></html>", "assets/a.js": "" },
      /ENOENT.*persisted-documents/,
    ],
    [
      "with documents that cannot be read",
      { "index.html": "<html></html>", "assets/a.js": "", "persisted-documents.json": "{" },
      /is not JSON/,
    ],
    [
      "without its scripts",
      { "index.html": "<html></html>", "persisted-documents.json": '{"a":"{ b }"}' },
      /ENOENT.*assets/,
    ],
  ])("is not served: %s", (_, files, problem) => {
    const folder = temporaryFolder();
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    expect(() => readConsole(folder)).toThrow(problem);
  });
});
