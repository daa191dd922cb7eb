import { createPublicKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLAIM_NAMES } from "../../src/access/claims.ts";
import { parseConfig } from "../../src/config/config.ts";
import {
  API_KEY,
  API_SECRET,
  APPLICATION_ID,
  newPrivateKey,
  OPENTOK,
  PRIVATE_KEY,
  PROJECT,
  VONAGE,
} from "../support/credentials.ts";
import { inputs } from "../support/long.ts";
import { problems } from "../support/problems.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SHORTEST_SECRET = "kept-by-nobody-but-these-tests-1";

const publicKey = createPublicKey(PRIVATE_KEY).export({ type: "spki", format: "pem" }).toString();

const EVERYTHING = { depth: null, showHidden: true } as const;

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
      webhooks: { keys: null, localUrl: null },
      database: { engine: "sqlite", file: resolve("data/stagepass.db") },
      databasePoolSize: 10,
      ledger: true,
      ledgerRetentionDays: null,
      jwtRules: null,
      trustsProxy: null,
      tokensPerMinute: null,
      sessionsPerMinute: null,
      actionsPerMinute: null,
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
      notes: expect.any(Array),
    });
  });

  it("keeps an audit trail where that is said", () => {
    const AUDIT_LOG = "audit.jsonl";
    expect(parseConfig({ AUDIT_LOG }).audit).toEqual({ path: AUDIT_LOG, required: false });
    expect(parseConfig({ AUDIT_LOG, AUDIT_REQUIRED: "on" }).audit).toMatchObject({ required: true });
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

  it("is frozen, and shows the secret and the private key to nobody", () => {
    const config = parseConfig(PROJECT);
    expect(Object.isFrozen(config)).toBe(true);
    expect(config.platform.keyRing?.applicationId).toBe(API_KEY);
    const shown = [config, parseConfig(VONAGE)].map(
      (each) => JSON.stringify(each) + inspect(each, EVERYTHING),
    );
    expect(shown.join()).not.toContain(API_SECRET);
    expect(shown.join()).not.toContain(PRIVATE_KEY.split("\n")[2]);
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

  it.each([
    ["http://keycloak:8080/keys?a=b", "http://keycloak:8080/keys?a=b"],
    ["HTTP://keycloak:8080/keys", "http://keycloak:8080/keys"],
    ["http://keycloak:443/keys", "http://keycloak:443/keys"],
  ])("takes keys without encryption at %s where it is told to, and warns of it", (AUTH_JWKS_URI, uri) => {
    const env = { AUTH_JWKS_INSECURE: "on", AUTH_JWT_ISSUER: "a", AUTH_JWT_AUDIENCE: "b" };
    const { jwtRules, notes } = parseConfig({ AUTH_JWKS_URI, ...env });
    expect(jwtRules?.jwksUri).toBe(uri);
    expect(notes).toEqual([
      "AUTH_JWKS_URI: is an http: URL: anyone who can change its traffic can impersonate any caller",
    ]);
    expect(parseConfig({ AUTH_JWKS_URI: "https://keycloak:8080/keys", ...env }).notes).toEqual([]);
  });

  it("warns where whatever the provider signs for anybody is accepted", () => {
    const keys = { AUTH_JWKS_URI: "https://idp.example.com/keys" };
    const others = "is not set: the server accepts JWTs that the provider issued for other applications";
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

  it.each<[string, Record<string, string>, string]>([
    ["local", {}, "generated"],
    ["local", { ...OPENTOK, ...VONAGE, PLATFORM: "local" }, API_KEY],
    ["opentok", OPENTOK, API_KEY],
    ["opentok", { ...OPENTOK, ...VONAGE, PLATFORM: "opentok" }, API_KEY],
    ["vonage", VONAGE, APPLICATION_ID],
    ["vonage", { ...OPENTOK, ...VONAGE, PLATFORM: "vonage" }, APPLICATION_ID],
    ["vonage", { ...VONAGE, VONAGE_APPLICATION_ID: APPLICATION_ID.toUpperCase() }, APPLICATION_ID],
  ])("chooses %s, by PLATFORM or by the credentials there are", (name, environment, owner) => {
    const { platform } = parseConfig(environment);
    expect([platform.name, platform.keyRing?.applicationId ?? "generated"]).toEqual([name, owner]);
  });

  it("gives the platform's own addresses and five seconds, unless told otherwise", () => {
    expect(parseConfig(OPENTOK).platform).toMatchObject({ url: "https://api.opentok.com", timeout: 5000 });
    expect(parseConfig(VONAGE).platform).toMatchObject({
      url: "https://video.api.vonage.com",
      timeout: 5000,
    });
    const told = { ...OPENTOK, OPENTOK_API_URL: "http://127.0.0.1:9/prefix/", PLATFORM_TIMEOUT_MS: "100" };
    expect(parseConfig(told).platform).toMatchObject({ url: "http://127.0.0.1:9/prefix", timeout: 100 });
  });

  it.each([
    ["private", newPrivateKey()],
    ["public", publicKey],
  ])("takes a %s key as the previous one, which verifies", (_, previous) => {
    const { keyRing } = parseConfig({ ...VONAGE, VONAGE_PRIVATE_KEY_PREVIOUS: previous }).platform;
    expect(keyRing?.verifyingKeys.map((key) => key.type)).toEqual(["public", "public"]);
    expect(keyRing?.verifyingKeys[1]?.equals(createPublicKey(previous))).toBe(true);
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
