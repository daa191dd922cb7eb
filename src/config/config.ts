import type { JwtRules } from "../access/jwt-checks.ts";
import { StartupError } from "../errors.ts";
import type { InFlightLimits } from "../shares/in-flight.ts";
import type { DatabaseAddress } from "../store/database-address.ts";
import { federationOf, type UsageReportingConfig, usageReportingOf } from "./apollo.ts";
import { type AuditConfig, auditOf } from "./audit.ts";
import { jwtRulesOf } from "./authentication.ts";
import { corsOrigins } from "./cors-origins.ts";
import { databaseOf } from "./database.ts";
import { type EnvFile, readEnvFile } from "./env-file.ts";
import { Environment } from "./environment.ts";
import { isKnown } from "./misspelt.ts";
import { type PlatformConfig, platformOf } from "./platform.ts";
import { type ProxyConfig, proxyOf } from "./proxy.ts";
import { type TracingConfig, tracingOf } from "./tracing.ts";
import { type TrustedDocumentsConfig, trustedDocumentsOf } from "./trusted-documents.ts";
import { trustedProxies } from "./trusted-proxies.ts";
import { choice, host, onOrOff, port, wholeNumber } from "./variables.ts";
import { type WebhookConfig, webhooksOf } from "./webhooks.ts";

export type { EnvFile };

/** The configuration of the process. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly platform: PlatformConfig;
  readonly webhooks: WebhookConfig;
  readonly database: DatabaseAddress;
  /** The maximum number of PostgreSQL connections. */
  readonly databasePoolSize: number;
  /** Whether tokens are recorded before they are delivered. */
  readonly ledger: boolean;
  /** How many days records are kept; null for no limit. */
  readonly ledgerRetentionDays: number | null;
  /** How callers' JWTs are verified; null if JWTs are not accepted. */
  readonly jwtRules: JwtRules | null;
  /** Whether an address is a trusted proxy's; null if none is trusted. */
  readonly trustsProxy: ((address: string) => boolean) | null;
  /** The maximum number of tokens per minute for each caller; null for the server's default. */
  readonly tokensPerMinute: number | null;
  /** The limits of each caller's requests in flight. */
  readonly inFlight: InFlightLimits;
  /** The maximum number of sessions per minute for each caller; null for the server's default. */
  readonly sessionsPerMinute: number | null;
  /** The maximum number of acts on participants and bans per minute for each caller; null for the server's default. */
  readonly actionsPerMinute: number | null;
  /** The origins whose pages may call from a browser; a wildcard is a pattern. */
  readonly corsOrigins: readonly (string | RegExp)[];
  /** Null if every document is executed and none has an ID. */
  readonly trustedDocuments: TrustedDocumentsConfig | null;
  /** Whether the console is served. */
  readonly console: boolean;
  /** The address of the metrics; null without metrics. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
  /** Null without traces. */
  readonly tracing: TracingConfig | null;
  /** Whether the server is a subgraph of a router. */
  readonly federation: boolean;
  /** The graph of the usage reports; null without reports. */
  readonly usageReporting: UsageReportingConfig | null;
  /** How long the server keeps serving after a stop signal, while `/readyz` is 503, in milliseconds. */
  readonly shutdownDelay: number;
  readonly logLevel: string;
  /** Null without an audit trail. */
  readonly audit: AuditConfig | null;
  /** The proxy for calls to other machines; null without a proxy. */
  readonly proxy: ProxyConfig | null;
  /** Warnings about the configuration, one line each, such as a variable without effect. */
  readonly notes: readonly string[];
}

/** The variables of the process, and the `.env` file of its working directory for those that are not set. */
export function readEnvironment(): [environment: NodeJS.ProcessEnv, file: EnvFile] {
  return [process.env, readEnvFile()];
}

/** The variables that a reload applies. */
const ROTATED = /^(AUTH_|(OPENTOK_API_SECRET|VONAGE_PRIVATE_KEY|WEBHOOK_SECRET)(_PREVIOUS)?(_FILE)?$)/;

/** The changed variables of `.env` that need a restart. */
export function changedForRestart({ values: before }: EnvFile, { values: now }: EnvFile): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names.filter((name) => isKnown(name) && !ROTATED.test(name) && before[name] !== now[name]);
}

/**
 * Checks every variable, and the rules between them.
 *
 * @param environment overrides `file`; an empty value counts as not set
 * @throws {StartupError} with one line for each problem, without secrets
 */
export function parseConfig(environment: NodeJS.Dict<string>, file?: EnvFile): Config {
  const env = new Environment(environment, file);
  const config = configOf(env);
  env.check();
  return config;
}

/** The configuration. Do not use it if `env` has problems afterwards. */
export function configOf(env: Environment): Config {
  const production = env.read("NODE_ENV", choice("development", "production", "test")) === "production";
  const database = databaseOf(env);
  const metricsPort = env.read("METRICS_PORT", port);
  const metricsHost = env.read("METRICS_HOST", host);
  const platform = platformOf(env, database);
  const jwtRules = jwtRulesOf(env);
  const usageReporting = usageReportingOf(env);
  const called = [
    platform.name === "local" ? null : platform.url,
    jwtRules?.jwksUri,
    usageReporting?.endpoint,
  ];
  const config: Config = {
    production,
    host: env.read("HOST", host),
    port: env.read("PORT", port),
    platform,
    webhooks: webhooksOf(env, platform.name),
    database,
    databasePoolSize: env.read("DATABASE_POOL_SIZE", wholeNumber(1, 1000)),
    ledger: env.read("LEDGER", onOrOff),
    ledgerRetentionDays: env.read("LEDGER_RETENTION_DAYS", wholeNumber(1, 36_500)),
    jwtRules,
    trustsProxy: env.read("TRUST_PROXY", trustedProxies),
    tokensPerMinute: env.read("TOKENS_PER_MINUTE", wholeNumber(1, 999_999_999)),
    inFlight: {
      requests: env.read("MAX_REQUESTS_PER_CALLER", wholeNumber(1, 100_000)),
      bytes: env.read("MAX_MEGABYTES_PER_CALLER", wholeNumber(5, 1024)) * 1024 * 1024,
      connections: env.read("MAX_CONNECTIONS_PER_CALLER", wholeNumber(1, 100_000)),
    },
    sessionsPerMinute: env.read("SESSIONS_PER_MINUTE", wholeNumber(1, 999_999_999)),
    actionsPerMinute: env.read("ACTIONS_PER_MINUTE", wholeNumber(1, 999_999_999)),
    corsOrigins: env.read(
      "CORS_ORIGINS",
      (value) => corsOrigins(value, (text) => env.note("CORS_ORIGINS", text)),
      [],
    ),
    trustedDocuments: trustedDocumentsOf(env),
    // With enforce, the console's own documents are trusted only if CONSOLE is on.
    console: env.read("CONSOLE", onOrOff, !production && !env.has("TRUSTED_DOCUMENTS=enforce")),
    metrics: metricsPort === null ? null : { host: metricsHost, port: metricsPort },
    tracing: tracingOf(env),
    federation: federationOf(env),
    usageReporting,
    proxy: proxyOf(env, called),
    shutdownDelay: env.read("SHUTDOWN_DELAY_MS", wholeNumber(0, 60_000)),
    logLevel: env.read("LOG_LEVEL", LOG_LEVEL),
    audit: auditOf(env),
    notes: env.notes,
  };
  checkTogether(env, config);
  return Object.freeze(config);
}

const EVERYWHERE = /^(0\.0\.0\.0|::)$/;

/** Checks rules between variables of different subjects. */
function checkTogether(env: Environment, { host, port, metrics, database, ledger }: Config): void {
  if (metrics === null) env.unused("METRICS_PORT is not set", "METRICS_HOST");
  else if (metrics.port !== 0 && metrics.port === port) {
    const isShared = host === metrics.host || [host, metrics.host].some((each) => EVERYWHERE.test(each));
    if (isShared) env.problem("METRICS_PORT", "must differ from PORT");
  }
  if (database.engine === "sqlite") env.unused("DATABASE_URL is SQLite", "DATABASE_POOL_SIZE");
  if (!ledger) env.unused("LEDGER is off", "LEDGER_RETENTION_DAYS");
}

const LOG_LEVEL = choice("trace", "debug", "info", "warn", "error", "fatal", "silent");

/**
 * The address of the database, for a command that needs no other variable.
 *
 * @throws {StartupError} if it is invalid or `:memory:`
 */
export function parseDatabaseAddress(environment: NodeJS.Dict<string>, file?: EnvFile): DatabaseAddress {
  const env = new Environment(environment, file, ["DATABASE_URL"]);
  const address = databaseOf(env);
  env.check();
  return keptDatabase(address);
}

/**
 * The audit trail, for a command that needs no other variable.
 *
 * @throws {StartupError} if it is invalid
 */
export function parseAudit(environment: NodeJS.Dict<string>, file?: EnvFile): AuditConfig | null {
  const env = new Environment(environment, file, []);
  const audit = auditOf(env);
  env.check();
  return audit;
}

/** @throws {StartupError} if the database is `:memory:`, which ends with the command */
export function keptDatabase(address: DatabaseAddress): DatabaseAddress {
  if (address.engine === "sqlite" && address.file === null) {
    throw new StartupError(["DATABASE_URL: must not be :memory:, which is lost when the command ends"]);
  }
  return address;
}

/**
 * The address of a server with these variables, for a command that needs no other.
 *
 * @throws {StartupError} if it is invalid
 */
export function parseServerAddress(
  environment: NodeJS.Dict<string>,
  file?: EnvFile,
): { readonly host: string; readonly port: number } {
  const env = new Environment(environment, file, []);
  const address = { host: env.read("HOST", host), port: env.read("PORT", port) };
  env.check();
  return address;
}
