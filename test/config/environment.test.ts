import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { NO_ENV_FILE } from "../../src/config/env-file.ts";
import { Environment } from "../../src/config/environment.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { APPLICATION_ID, OPENTOK, PRIVATE_KEY } from "../support/credentials.ts";
import { problems } from "../support/problems.ts";

const envFile = (values: Record<string, string>) => ({ ...NO_ENV_FILE, values });

describe("the names of variables", () => {
  it.each<Record<string, string>>([
    { PATH: "/bin", HOME: "/root", HOSTNAME: "x", PWD: "/", LANG: "C", TERM: "x", SHELL: "sh", USER: "x" },
    {
      npm_config_loglevel: "silent",
      npm_lifecycle_event: "start",
      NODE_OPTIONS: "",
      NODE_EXTRA_CA_CERTS: "x",
    },
    { POSTGRES_PASSWORD: "x", PGSSLMODE: "x", UV_THREADPOOL_SIZE: "8", TZ: "UTC", CI: "true", DEBUG: "1" },
    {
      STAGEPASS_CREDENTIAL: "x",
      DATABASE_PUBLIC_URL: "x",
      METRICS_ENABLED: "x",
      JWT_SECRET: "x",
      API_KEY: "x",
      PORTS: "x",
    },
    { OTEL_LOGS_EXPORTER: "none", OTEL_BLRP_SCHEDULE_DELAY: "9", OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: "9" },
  ])("are other programs' where they are not near ours: %j", (environment) => {
    expect(problems(environment)).toEqual([]);
  });

  it("may be the links that Kubernetes sets for services named auth and metrics", () => {
    expect(
      problems({
        AUTH_SERVICE_HOST: "10.0.0.1",
        AUTH_SERVICE_PORT: "80",
        AUTH_SERVICE_PORT_HTTP: "80",
        AUTH_PORT: "tcp://10.0.0.1:80",
        AUTH_PORT_80_TCP: "tcp://10.0.0.1:80",
        AUTH_PORT_80_TCP_PROTO: "tcp",
        AUTH_PORT_80_TCP_PORT: "80",
        AUTH_PORT_80_TCP_ADDR: "10.0.0.1",
        STAGEPASS_PORT: "tcp://10.0.0.1:4000",
        METRICS_SERVICE_HOST: "10.0.0.1",
      }),
    ).toEqual([]);
  });

  it("are looked at in .env as well, where what nothing reads is told", () => {
    expect(() => parseConfig({}, envFile({ CORS_ORIGIN: "x" }))).toThrow("did you mean CORS_ORIGINS?");
    const file = envFile({ POSTGRES_PASSWORD: "canary", NEXT_PUBLIC_URL: "x", PORT: "80" });
    expect(parseConfig({}, file).notes).toEqual([
      ".env: Stagepass does not use POSTGRES_PASSWORD, NEXT_PUBLIC_URL",
    ]);
  });

  it("of the environment win over other values of .env, which is told without the values", () => {
    const file = envFile({
      AUTH_JWT_SECRET: `${JWT_SECRET}canary`,
      LOG_LEVEL: "warn",
      PORT: "",
    });
    const environment = { AUTH_JWT_SECRET: JWT_SECRET, LOG_LEVEL: "warn", PORT: "80" };
    expect(parseConfig(environment, file).notes).toEqual([
      "AUTH_JWT_SECRET: the environment overrides a different value in .env",
    ]);
  });

  it("may have values with a $ that is no variable", () => {
    for (const secret of [
      "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92",
      `${JWT_SECRET}$`,
      `$NOT_SET${JWT_SECRET}`,
    ]) {
      expect(problems({ AUTH_JWT_SECRET: secret, HOME: "/root" })).toEqual([]);
    }
  });

  it("are told where the value is empty", () => {
    const environment = { AUTH_JWT_AUDIENCE: "", CORS_ORIGIN: "", PORT: "", HOME: "" };
    expect(parseConfig(environment, envFile({ PORT: "80", HOST: "" })).notes).toEqual([
      "empty, so they count as not set: PORT, HOST, AUTH_JWT_AUDIENCE",
    ]);
  });

  it("are not looked at where there is no value", () => {
    expect(problems({ CORS_ORIGIN: "" })).toEqual([]);
  });
});

describe("a variable", () => {
  it("is the environment's before it is .env's, unless it is empty there", () => {
    const file = envFile({ PORT: "1", HOST: "::1", LOG_LEVEL: "warn" });
    expect(parseConfig({ PORT: "2", HOST: "" }, file)).toMatchObject({
      port: 2,
      host: "::1",
      logLevel: "warn",
    });
  });

  it("says where its value comes from", () => {
    const environment = { PORT: "2", AUTH_JWT_SECRET_FILE: "/nowhere" };
    const env = new Environment(environment, envFile({ PORT: "1", HOST: "::1" }));
    const names = ["PORT", "HOST", "AUTH_JWT_SECRET", "LEDGER"] as const;
    expect(names.map((name) => env.sourceOf(name))).toEqual(["environment", ".env", "file", "default"]);
  });

  it("may be a key with white space around it", () => {
    const vonage = { VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: `${PRIVATE_KEY}\n` };
    expect(problems(vonage)).toEqual([]);
  });

  it.each<[Record<string, string>, string]>([
    [{ METRICS_HOST: "::1" }, "METRICS_HOST: is not used: METRICS_PORT is not set"],
    [{ DATABASE_POOL_SIZE: "5" }, "DATABASE_POOL_SIZE: is not used: DATABASE_URL is SQLite"],
    [{ LEDGER: "off", LEDGER_RETENTION_DAYS: "5" }, "LEDGER_RETENTION_DAYS: is not used: LEDGER is off"],
    [{ PLATFORM_TIMEOUT_MS: "500" }, "PLATFORM_TIMEOUT_MS: is not used: the platform is local"],
    [
      { ...OPENTOK, VONAGE_API_URL: "https://x.example.com" },
      "VONAGE_API_URL: is not used: the platform is opentok",
    ],
    [
      { ...OPENTOK, PLATFORM: "local", OPENTOK_API_URL: "https://x.example.com" },
      "OPENTOK_API_URL: is not used: the platform is local",
    ],
    [
      { TRUSTED_DOCUMENTS_MANIFEST: "console/dist/persisted-documents.json" },
      "TRUSTED_DOCUMENTS_MANIFEST: is not used: TRUSTED_DOCUMENTS is off",
    ],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
      "OTEL_EXPORTER_OTLP_PROTOCOL: is not used: OTEL_EXPORTER_OTLP_ENDPOINT is not set",
    ],
  ])("that has no effect is told: %j", (environment, note) => {
    expect(parseConfig(environment).notes).toEqual([note]);
  });

  it("tells nothing where each has its effect", () => {
    const environment = {
      ...OPENTOK,
      PLATFORM_TIMEOUT_MS: "500",
      OPENTOK_API_URL: "https://x.example.com",
      METRICS_PORT: "0",
      METRICS_HOST: "::1",
      LEDGER_RETENTION_DAYS: "5",
      DATABASE_URL: "postgres://db/x",
      DATABASE_POOL_SIZE: "5",
      AUTH_JWT_SECRET: JWT_SECRET,
    };
    expect(parseConfig(environment).notes).toEqual([]);
  });
});
