import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLAIM_NAMES } from "../../src/access/claims.ts";
import { parseConfig } from "../../src/config/config.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, newPrivateKey, PRIVATE_KEY } from "../support/credentials.ts";
import { inputs } from "../support/long.ts";
import { problems } from "../support/problems.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const openTok = { OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: API_SECRET };
const vonage = { VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: PRIVATE_KEY };
const OLD_SECRET = "decade00".repeat(5);
const SHORTEST_SECRET = "kept-by-nobody-but-these-tests-1";
const project = { PLATFORM: "local", ...openTok };

const pem = { type: "pkcs8", format: "pem" } as const;
const keys = {
  short: generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export(pem).toString(),
  elliptic: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pem).toString(),
  encrypted: createPrivateKey(PRIVATE_KEY)
    .export({ ...pem, cipher: "aes-256-cbc", passphrase: "canary" })
    .toString(),
  public: createPublicKey(PRIVATE_KEY).export({ type: "spki", format: "pem" }).toString(),
};

describe("parseConfig", () => {
  it.each<[string, Record<string, string>]>([
    ["not set", {}],
    ["empty", { PORT: "", HOST: "", DATABASE_URL: "", OPENTOK_API_KEY: "", LOG_LEVEL: "", NODE_ENV: "" }],
  ])("gives what is %s its default", (_, environment) => {
    expect(parseConfig(environment)).toEqual({
      production: false,
      host: "127.0.0.1",
      port: 4000,
      platform: { name: "local", keyRing: null },
      database: { engine: "sqlite", file: resolve("data/stagepass.db") },
      databasePoolSize: 10,
      ledger: true,
      ledgerRetentionDays: null,
      jwtRules: null,
      trustsProxy: null,
      tokensPerMinute: null,
      sessionsPerMinute: null,
      inFlight: { requests: 200, bytes: 16 * 1024 * 1024, connections: 250 },
      corsOrigins: [],
      trustedDocuments: null,
      console: true,
      metrics: null,
      tracing: null,
      federation: false,
      usageReporting: null,
      shutdownDelay: 0,
      logLevel: "info",
      audit: null,
      proxy: null,
      notes: [],
    });
  });

  it("keeps an audit trail where that is said", () => {
    const AUDIT_LOG = "audit.jsonl";
    expect(parseConfig({ AUDIT_LOG }).audit).toEqual({ path: AUDIT_LOG, required: false });
    expect(parseConfig({ AUDIT_LOG, AUDIT_REQUIRED: "on" }).audit).toMatchObject({ required: true });
    expect(() => parseConfig({ AUDIT_REQUIRED: "on" })).toThrow(
      "AUDIT_LOG: must be set, as AUDIT_REQUIRED=on",
    );
    expect(parseConfig({ AUDIT_REQUIRED: "off" }).audit).toBeNull();
  });

  it.each([
    ["on", {}, true],
    ["off", { NODE_ENV: "production" }, false],
    ["on", { NODE_ENV: "production", CONSOLE: "on" }, true],
    ["off", { CONSOLE: "off" }, false],
  ])("has the console %s with %j", (_, environment, expected) => {
    expect(parseConfig(environment).console).toBe(expected);
  });

  it("has the console with trusted documents alone when that is said", () => {
    const path = join(temporaryFolder(), "manifest.json");
    writeFileSync(path, JSON.stringify({ mine: "{ __typename }" }));
    const parse = (env: Record<string, string>) =>
      parseConfig({ TRUSTED_DOCUMENTS_MANIFEST: path, ...env }).console;
    expect(parse({ TRUSTED_DOCUMENTS: "log" })).toBe(true);
    expect(parse({ TRUSTED_DOCUMENTS: "enforce" })).toBe(false);
    expect(parse({ TRUSTED_DOCUMENTS: "enforce", CONSOLE: "on" })).toBe(true);
  });

  it("is frozen, and shows the secret to nobody", () => {
    const config = parseConfig(project);
    expect(Object.isFrozen(config)).toBe(true);
    expect(config.platform.keyRing?.applicationId).toBe(API_KEY);
    expect(JSON.stringify(config)).not.toContain(API_SECRET);
  });

  it.each([
    ["file:./a.db", resolve("a.db")],
    ["file:/var/lib/a.db", "/var/lib/a.db"],
    ["file:///var/lib/a%20b.db", "/var/lib/a b.db"],
    [":memory:", null],
  ])("reads DATABASE_URL=%s", (DATABASE_URL, databaseFile) => {
    expect(parseConfig({ DATABASE_URL }).database).toEqual({ engine: "sqlite", file: databaseFile });
  });

  it.each([
    [
      "postgres://stagepass:canary@db.example.com:5433/stagepass?sslmode=verify-full",
      [{ host: "db.example.com", port: 5433 }],
    ],
    ["postgresql://db/x", [{ host: "db", port: 5432 }]],
  ])("reads DATABASE_URL=%s", (DATABASE_URL, hosts) => {
    expect(parseConfig({ ...project, PLATFORM: "local", DATABASE_URL }).database).toMatchObject({
      engine: "postgres",
      hosts,
      target: "read-write",
    });
  });

  it("reads what is said of the database and the ledger", () => {
    expect(
      parseConfig({ DATABASE_POOL_SIZE: "3", LEDGER: "off", LEDGER_RETENTION_DAYS: "90" }),
    ).toMatchObject({ databasePoolSize: 3, ledger: false, ledgerRetentionDays: 90 });
  });

  it.each(["127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "video.example.com"])(
    "accepts HOST=%s",
    (HOST) => {
      expect(parseConfig({ HOST }).host).toBe(HOST);
    },
  );

  it("accepts a secret of callers' JWTs of 32 bytes, also where these are fewer characters", () => {
    for (const AUTH_JWT_SECRET of [SHORTEST_SECRET, "abcd".repeat(8), "äöüß".repeat(4)]) {
      const { jwtRules } = parseConfig({ AUTH_JWT_SECRET });
      expect(jwtRules?.secret?.export().toString("utf8")).toBe(AUTH_JWT_SECRET);
    }
  });

  it("takes no random secret for a placeholder, in any encoding", () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 64 }).filter((array) => new Set(array).size > 16);
    const encoding = fc.constantFrom<BufferEncoding>("base64", "base64url", "hex");
    fc.assert(
      fc.property(bytes, encoding, (array, encoding) => {
        const AUTH_JWT_SECRET = Buffer.from(array).toString(encoding);
        expect(problems({ AUTH_JWT_SECRET })).toEqual([]);
      }),
      { numRuns: inputs(10_000) },
    );
  });

  it.each(["secret", "change", "dummy", "xxxxxx"])(
    "accepts a random secret in which %s is spelt by chance",
    (word) => {
      const AUTH_JWT_SECRET = `q7Rk2${word}Zp0wLmN9vTb4HjY6gUf1KoD3iAE5W8Q+/=`.padEnd(44, "B");
      expect(problems({ AUTH_JWT_SECRET })).toEqual([]);
    },
  );

  it.each([
    "https://idp.example.com/keys/",
    "https://idp.example.com/keys?p=policy",
    "http://127.0.0.1:8080/",
  ])("takes AUTH_JWKS_URI=%s as it is", (AUTH_JWKS_URI) => {
    expect(parseConfig({ AUTH_JWKS_URI }).jwtRules?.jwksUri).toBe(AUTH_JWKS_URI);
  });

  it("takes keys without encryption where it is told to, and warns of it", () => {
    const env = { AUTH_JWKS_INSECURE: "on", AUTH_JWT_ISSUER: "a", AUTH_JWT_AUDIENCE: "b" };
    const { jwtRules, notes } = parseConfig({ AUTH_JWKS_URI: "http://keycloak:8080/keys?a=b", ...env });
    expect(jwtRules?.jwksUri).toBe("http://keycloak:8080/keys?a=b");
    expect(notes).toEqual([
      "AUTH_JWKS_URI: is an http: URL: whoever can change what is sent there can be any caller",
    ]);
    expect(parseConfig({ AUTH_JWKS_URI: "https://keycloak:8080/keys", ...env }).notes).toEqual([]);
  });

  it("warns where whatever the provider signs for anybody is accepted", () => {
    const keys = { AUTH_JWKS_URI: "https://idp.example.com/keys" };
    const others = "is not set: JWTs are accepted that the provider signed for others";
    expect(parseConfig(keys).notes).toEqual([`AUTH_JWT_ISSUER: ${others}`, `AUTH_JWT_AUDIENCE: ${others}`]);
    expect(parseConfig({ ...keys, AUTH_JWT_ISSUER: "a", AUTH_JWT_CLIENT_ID: "b" }).notes).toEqual([]);
  });

  it("reads lists with commas, and the names of claims", () => {
    const rules = parseConfig({
      AUTH_JWKS_URI: "https://idp.example.com/keys",
      AUTH_JWT_ISSUER: "https://a.example.com/, https://b.example.com",
      AUTH_JWT_AUDIENCE: "web,mobile",
      AUTH_JWT_CLIENT_ID: "one",
      AUTH_SCOPE_CLAIM: "resource_access.stagepass.roles,scope",
      AUTH_SCOPE_PREFIX: "api://stagepass/",
      AUTH_GRANT_CLAIM: "https://example.com/video_grant",
    }).jwtRules;
    expect(rules).toMatchObject({
      issuers: ["https://a.example.com/", "https://b.example.com"],
      audiences: ["web", "mobile"],
      clientIds: ["one"],
      claims: {
        scopes: ["resource_access.stagepass.roles", "scope"],
        scopePrefix: "api://stagepass/",
        grant: "https://example.com/video_grant",
      },
    });
    expect(parseConfig({ AUTH_JWKS_URI: "https://idp.example.com/keys" }).jwtRules?.claims).toEqual(
      CLAIM_NAMES,
    );
  });

  it.each<[string, Record<string, string>]>([
    ["PORT", { PORT: "http" }],
    ["PORT", { PORT: "65536" }],
    ["PORT", { PORT: "-1" }],
    ["PORT", { PORT: "4000.5" }],
    ["PORT", { PORT: "0x10" }],
    ["HOST", { HOST: "http://127.0.0.1" }],
    ["HOST", { HOST: "127.0.0.1:4000" }],
    ["AUTH_JWT_SECRET", { AUTH_JWT_SECRET: SHORTEST_SECRET.slice(1) }],
    ["AUTH_JWT_SECRET", { AUTH_JWT_SECRET: "a".repeat(32) }],
    ["AUTH_JWT_SECRET", { AUTH_JWT_SECRET: "abc".repeat(20) }],
    ["AUTH_JWT_SECRET", { AUTH_JWT_SECRET: "changeme".repeat(4) }],
    ["AUTH_JWT_SECRET", { AUTH_JWT_SECRET: "ChangeMe-To-32-Random-Bytes-Or-More" }],
    ["AUTH_JWT_SECRET", { AUTH_JWT_SECRET: "your-256-bit-secret-your-256-bit-secret" }],
    ["AUTH_JWT_SECRET", { AUTH_JWT_SECRET: "a-string-secret-at-least-256-bits-long" }],
    ["AUTH_JWT_SECRET", { AUTH_JWT_SECRET: "<what openssl rand -base64 32 prints>" }],
    ["AUTH_JWT_SECRET", { ...project, AUTH_JWT_SECRET: API_SECRET }],
    ["AUTH_JWT_SECRET", { ...openTok, OPENTOK_API_SECRET_PREVIOUS: OLD_SECRET, AUTH_JWT_SECRET: OLD_SECRET }],
    ["AUTH_JWKS_URI", { AUTH_JWKS_URI: "http://idp.example.com/jwks" }],
    ["AUTH_JWKS_URI", { AUTH_JWKS_URI: "https://user:password@idp.example.com/jwks" }],
    ["AUTH_JWKS_URI", { AUTH_JWKS_URI: "https://idp.example.com/jwks#keys" }],
    ["AUTH_JWT_ISSUER", { AUTH_JWT_ISSUER: "https://idp.example.com/" }],
    ["AUTH_JWT_AUDIENCE", { AUTH_JWT_AUDIENCE: "stagepass" }],
    ["DATABASE_POOL_SIZE", { DATABASE_POOL_SIZE: "0" }],
    ["LEDGER", { LEDGER: "maybe" }],
    ["LEDGER_RETENTION_DAYS", { LEDGER_RETENTION_DAYS: "0" }],
    ["OPENTOK_API_KEY", { DATABASE_URL: "postgres://stagepass:canary@db/stagepass" }],
    ["OPENTOK_API_KEY", { DATABASE_URL: "postgresql://stagepass:canary@db/stagepass", PLATFORM: "local" }],
    ["TRUST_PROXY", { TRUST_PROXY: "true" }],
    ["TRUST_PROXY", { TRUST_PROXY: "10.0.0.0/8,proxy" }],
    ["TOKENS_PER_MINUTE", { TOKENS_PER_MINUTE: "0" }],
    ["SESSIONS_PER_MINUTE", { SESSIONS_PER_MINUTE: "0" }],
    ["CORS_ORIGINS", { CORS_ORIGINS: "*" }],
    ["CORS_ORIGINS", { CORS_ORIGINS: "https://app.example.com/path" }],
    ["CORS_ORIGINS", { CORS_ORIGINS: "https://app.example.com,null" }],
    ["TRUSTED_DOCUMENTS", { TRUSTED_DOCUMENTS: "on" }],
    ["TRUSTED_DOCUMENTS_MANIFEST", { TRUSTED_DOCUMENTS: "enforce" }],
    ["TRUSTED_DOCUMENTS_MANIFEST", { TRUSTED_DOCUMENTS_MANIFEST: "/nowhere/manifest.json" }],
    ["PLATFORM", { PLATFORM: "zoom" }],
    ["PLATFORM", { ...openTok, ...vonage }],
    ["OPENTOK_API_SECRET", { OPENTOK_API_SECRET_PREVIOUS: API_SECRET }],
    [
      "OPENTOK_API_SECRET",
      { ...openTok, OPENTOK_API_SECRET: "your_api_secret_your_api_secret_your_api_secret" },
    ],
    ["OPENTOK_API_SECRET", { ...openTok, OPENTOK_API_SECRET: "0".repeat(40) }],
    ["OPENTOK_API_SECRET", { ...openTok, OPENTOK_API_SECRET: "<the-secret-of-the-project-in-your-account>" }],
    ["OPENTOK_API_SECRET", { ...openTok, OPENTOK_API_SECRET: API_SECRET.slice(0, 35) }],
    ["OPENTOK_API_SECRET", { ...openTok, OPENTOK_API_SECRET: `"${API_SECRET}"` }],
    ["OPENTOK_API_SECRET_PREVIOUS", { ...openTok, OPENTOK_API_SECRET_PREVIOUS: `${API_SECRET}00` }],
    ["OPENTOK_API_SECRET_PREVIOUS", { ...openTok, OPENTOK_API_SECRET_PREVIOUS: "x".repeat(40) }],
    ["OPENTOK_API_URL", { ...openTok, OPENTOK_API_URL: "http://api.opentok.com" }],
    ["OPENTOK_API_URL", { ...openTok, OPENTOK_API_URL: "https://me:canary@api.opentok.com" }],
    ["OPENTOK_API_URL", { ...openTok, OPENTOK_API_URL: "https://api.opentok.com?x=1" }],
    ["OPENTOK_API_URL", { ...openTok, OPENTOK_API_URL: "https://api.opentok.com/?" }],
    ["OPENTOK_API_URL", { ...openTok, OPENTOK_API_URL: "https://api.opentok.com/#" }],
    ["OPENTOK_API_URL", { ...openTok, OPENTOK_API_URL: "api.opentok.com" }],
    ["VONAGE_API_URL", { ...vonage, VONAGE_API_URL: "ftp://video.api.vonage.com" }],
    ["VONAGE_APPLICATION_ID", { ...vonage, VONAGE_APPLICATION_ID: "12345678" }],
    ["VONAGE_APPLICATION_ID", { VONAGE_PRIVATE_KEY: PRIVATE_KEY }],
    ["VONAGE_PRIVATE_KEY", { VONAGE_APPLICATION_ID: APPLICATION_ID }],
    ["VONAGE_PRIVATE_KEY", { ...vonage, VONAGE_PRIVATE_KEY: "./no-such-file.key" }],
    ["VONAGE_PRIVATE_KEY", { ...vonage, VONAGE_PRIVATE_KEY: "." }],
    ["VONAGE_PRIVATE_KEY", { ...vonage, VONAGE_PRIVATE_KEY: "package.json" }],
    ["VONAGE_PRIVATE_KEY", { ...vonage, VONAGE_PRIVATE_KEY: keys.short }],
    ["VONAGE_PRIVATE_KEY", { ...vonage, VONAGE_PRIVATE_KEY: keys.elliptic }],
    ["VONAGE_PRIVATE_KEY", { ...vonage, VONAGE_PRIVATE_KEY: keys.encrypted }],
    ["VONAGE_PRIVATE_KEY", { ...vonage, VONAGE_PRIVATE_KEY: keys.public }],
    ["VONAGE_PRIVATE_KEY", { ...vonage, VONAGE_PRIVATE_KEY: PRIVATE_KEY.slice(0, 500) }],
    ["VONAGE_PRIVATE_KEY_PREVIOUS", { ...vonage, VONAGE_PRIVATE_KEY_PREVIOUS: keys.short }],
    ["PLATFORM_TIMEOUT_MS", { PLATFORM_TIMEOUT_MS: "99" }],
    ["PLATFORM_TIMEOUT_MS", { PLATFORM_TIMEOUT_MS: "60001" }],
    ["PLATFORM_TIMEOUT_MS", { PLATFORM_TIMEOUT_MS: "5s" }],
    ["OPENTOK_API_KEY", { ...project, OPENTOK_API_KEY: "abc" }],
    ["OPENTOK_API_KEY", { ...project, OPENTOK_API_KEY: "" }],
    ["OPENTOK_API_KEY", { ...project, OPENTOK_API_KEY: "123456~7" }],
    ["OPENTOK_API_SECRET", { ...project, OPENTOK_API_SECRET: "" }],
    ["OPENTOK_API_SECRET", { ...project, OPENTOK_API_SECRET: "short" }],
    ["OPENTOK_API_SECRET", { ...project, OPENTOK_API_SECRET: ` ${API_SECRET}` }],
    ["DATABASE_URL", { DATABASE_URL: "mysql://localhost/x" }],
    ["DATABASE_URL", { DATABASE_URL: "file:" }],
    ["DATABASE_URL", { DATABASE_URL: "file://elsewhere/x" }],
    ["DATABASE_URL", { DATABASE_URL: "./data/x.db" }],
    ["SHUTDOWN_DELAY_MS", { SHUTDOWN_DELAY_MS: "60001" }],
    ["SHUTDOWN_DELAY_MS", { SHUTDOWN_DELAY_MS: "-1" }],
    ["LOG_LEVEL", { LOG_LEVEL: "loud" }],
    ["CONSOLE", { CONSOLE: "yes" }],
  ])("names %s as what is wrong with %j, on one line", (name, environment) => {
    expect(problems(environment)).toEqual([expect.stringMatching(new RegExp(`^${name}: [^\n]+$`))]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["local", {}, "generated"],
    ["local", { ...openTok, ...vonage, PLATFORM: "local" }, API_KEY],
    ["opentok", openTok, API_KEY],
    ["opentok", { ...openTok, ...vonage, PLATFORM: "opentok" }, API_KEY],
    ["vonage", vonage, APPLICATION_ID],
    ["vonage", { ...openTok, ...vonage, PLATFORM: "vonage" }, APPLICATION_ID],
    ["vonage", { ...vonage, VONAGE_APPLICATION_ID: APPLICATION_ID.toUpperCase() }, APPLICATION_ID],
  ])("chooses %s, by PLATFORM or by the credentials there are", (name, environment, owner) => {
    const { platform } = parseConfig(environment);
    expect([platform.name, platform.keyRing?.applicationId ?? "generated"]).toEqual([name, owner]);
  });

  it("gives the platform's own addresses and five seconds, unless told otherwise", () => {
    expect(parseConfig(openTok).platform).toMatchObject({ url: "https://api.opentok.com", timeout: 5000 });
    expect(parseConfig(vonage).platform).toMatchObject({
      url: "https://video.api.vonage.com",
      timeout: 5000,
    });
    const told = { ...openTok, OPENTOK_API_URL: "http://127.0.0.1:9/prefix/", PLATFORM_TIMEOUT_MS: "100" };
    expect(parseConfig(told).platform).toMatchObject({ url: "http://127.0.0.1:9/prefix", timeout: 100 });
  });

  it("takes a private key in PKCS#8 or PKCS#1, as text, with line ends as \\n, as a path, or beside the public one", () => {
    const key = createPrivateKey(PRIVATE_KEY);
    const pkcs1 = key.export({ type: "pkcs1", format: "pem" }).toString();
    const file = join(temporaryFolder(), "private.key");
    writeFileSync(file, pkcs1);
    for (const given of [
      PRIVATE_KEY,
      pkcs1,
      PRIVATE_KEY.replaceAll("\n", "\\n"),
      file,
      PRIVATE_KEY + keys.public,
    ]) {
      const { keyRing } = parseConfig({ ...vonage, VONAGE_PRIVATE_KEY: given }).platform;
      expect(keyRing?.signingKey.equals(key)).toBe(true);
    }
  });

  it.each([
    ["private", newPrivateKey()],
    ["public", keys.public],
  ])("takes a %s key as the previous one, which verifies", (_, previous) => {
    const { keyRing } = parseConfig({ ...vonage, VONAGE_PRIVATE_KEY_PREVIOUS: previous }).platform;
    expect(keyRing?.verifyingKeys.map((key) => key.type)).toEqual(["public", "public"]);
    expect(keyRing?.verifyingKeys[1]?.equals(createPublicKey(previous))).toBe(true);
  });

  it("shows no part of the private key, whatever is wrong with it", () => {
    const body = PRIVATE_KEY.split("\n").slice(1, -2);
    for (const given of [
      PRIVATE_KEY.slice(0, 500),
      body.slice(1).join(""),
      keys.encrypted,
      `${PRIVATE_KEY} `.replace("BEGIN", "BEGUN"),
    ]) {
      const found = problems({ ...vonage, VONAGE_PRIVATE_KEY: given }).join();
      expect(found).toMatch(/^VONAGE_PRIVATE_KEY: /);
      for (let at = 0; at + 16 < given.length; at += 8) expect(found).not.toContain(given.slice(at, at + 16));
    }
    expect(JSON.stringify(parseConfig(vonage))).not.toContain(body[1]);
    expect(inspect(parseConfig(vonage), { depth: null, showHidden: true })).not.toContain(body[1]);
  });

  it("shows no part of the secret when it is swapped with the key", () => {
    const swapped = { PLATFORM: "local", OPENTOK_API_KEY: API_SECRET, OPENTOK_API_SECRET: API_KEY };
    expect(problems(swapped)).toHaveLength(2);
    expect(problems(swapped).join()).not.toContain(API_SECRET.slice(0, 8));
  });

  it("never shows a whole secret that stands in another variable", () => {
    for (const name of ["PORT", "PLATFORM", "LOG_LEVEL", "DATABASE_URL", "CORS_ORIGINS", "AUTH_JWKS_URI"]) {
      const found = problems({ [name]: API_SECRET });
      expect(found).toHaveLength(1);
      expect(found.join()).not.toContain(API_SECRET);
    }
  });

  it("names every problem at once, and no secret", () => {
    const found = problems({ PORT: "x", LOG_LEVEL: "x", HOST: "x y", OPENTOK_API_SECRET: "canary canary" });
    expect(found.map((line) => line.split(":")[0]).sort()).toEqual(
      ["HOST", "LOG_LEVEL", "OPENTOK_API_KEY", "OPENTOK_API_SECRET", "PORT"].sort(),
    );
    expect(found.join()).not.toContain("canary");
  });
});
