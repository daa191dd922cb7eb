import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { type CleanedEnv, cleanEnv, makeExactValidator } from "envalid";
import type { JwtRules } from "../access/bearer-jwt.ts";
import { StartupError } from "../errors.ts";
import { CREDENTIAL_NAMES } from "../platform/credential-names.ts";
import type { InFlightLimits } from "../shares/in-flight.ts";
import { type KeyRing, openTokKeyRing, vonageKeyRing } from "../signing/key-ring.ts";
import { type DatabaseAddress, parseDatabaseUrl } from "../store/database-address.ts";
import { withSecretFiles } from "./secret-files.ts";
import { type TracingConfig, tracingOf, tracingProblems } from "./tracing.ts";
import { trustedProxies } from "./trusted-proxies.ts";
import {
  apiKey,
  apiSecret,
  apiUrl,
  apolloKey,
  applicationId,
  corsOrigins,
  documentManifest,
  graphRef,
  host,
  ingressUrl,
  jwtSecret,
  oneOf,
  presentText,
  previousKey,
  privateKey,
  safeUrl,
  wholeNumber,
} from "./variables.ts";

/** What the process was told to be. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly platform: PlatformConfig;
  readonly database: DatabaseAddress;
  /** The most connections to PostgreSQL. */
  readonly databasePoolSize: number;
  /** Whether tokens are recorded before they are delivered. */
  readonly ledger: boolean;
  /** For how many days records are kept; null keeps them. */
  readonly ledgerRetentionDays: number | null;
  /** How callers' JWTs are verified; null when none are accepted. */
  readonly jwtRules: JwtRules | null;
  /** Whether an address is a proxy's that says truly who its client is; null where none does. */
  readonly trustsProxy: ((address: string) => boolean) | null;
  /** How many tokens a caller may ask for in a minute; null leaves it to the server. */
  readonly tokensPerMinute: number | null;
  /** The most that a caller may have in flight. */
  readonly inFlight: InFlightLimits;
  /** How many sessions a caller may create in a minute; null leaves it to the server. */
  readonly sessionsPerMinute: number | null;
  /** The origins whose pages may call from a browser. */
  readonly corsOrigins: readonly string[];
  /** Null when every document is executed, and none has an ID. */
  readonly trustedDocuments: TrustedDocumentsConfig | null;
  /** Whether the console is served. */
  readonly console: boolean;
  /** Where metrics are served; null when nothing is counted. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
  /** Null when no traces are made. */
  readonly tracing: TracingConfig | null;
  /** Whether it is a subgraph, for a router to ask. */
  readonly federation: boolean;
  /** Where the use of the API is reported; null when it is not. */
  readonly usageReporting: UsageReportingConfig | null;
  /** For how long the server goes on serving after the signal to stop, while `/readyz` is 503, in milliseconds. */
  readonly shutdownDelay: number;
  readonly logLevel: string;
  /** Null when no audit trail is kept. */
  readonly audit: AuditConfig | null;
}

/** Where the audit trail goes. */
export interface AuditConfig {
  /** The path of a file; `-` for a standard stream. */
  readonly path: string;
  /** Whether nothing is issued while it cannot be written. */
  readonly required: boolean;
}

/** Which documents are trusted. */
export interface TrustedDocumentsConfig {
  /** Executes no others; otherwise they are logged. */
  readonly enforce: boolean;
  /** Their texts by their IDs. */
  readonly manifest: ReadonlyMap<string, string>;
}

/** A graph of Apollo Studio. */
export interface UsageReportingConfig {
  /** The secret by which Apollo Studio knows the graph. */
  readonly apolloKey: KeyObject;
  readonly graphRef: string;
  /** Where reports go, without the path that Apollo gives them. */
  readonly endpoint: string;
}

/** Where sessions come from, and whose they are. */
export type PlatformConfig =
  | {
      readonly name: "local";
      /** The OpenTok project of its sessions; null for one that is generated and kept beside the database. */
      readonly keyRing: KeyRing | null;
    }
  | {
      readonly name: "opentok" | "vonage";
      readonly keyRing: KeyRing;
      /** Where its API is, without a slash at the end. */
      readonly url: string;
      /** The deadline of one call to it, in milliseconds. */
      readonly timeout: number;
    };

/** The environment as the process was given it; a `.env` file in the working directory fills what is not set. */
export function readEnvironment(): NodeJS.ProcessEnv {
  let file: NodeJS.Dict<string> = {};
  try {
    // Some editors begin a file with a byte order mark, which would become part of the first name.
    file = parseEnv(readFileSync(".env", "utf8").replace(/^\ufeff/, ""));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw new StartupError([`.env: cannot be read: ${code}`]);
  }
  return { ...file, ...withoutEmpty(process.env) };
}

/**
 * Checks every variable, and the rules between them.
 *
 * @param environment an empty value counts as not set
 * @throws {StartupError} with a line for each problem; none shows the value of a secret
 */
export function parseConfig(environment: NodeJS.Dict<string>): Config {
  const set = withSecretFiles(withoutEmpty(environment));
  const env = cleaned(set, VARIABLES, [
    ...credentialProblems(set),
    ...cutOffProblems(set),
    ...accessProblems(set),
    ...sharingProblems(set),
    ...graphProblems(set),
    ...tracingProblems(set),
    ...auditProblems(set),
  ]);

  return Object.freeze({
    production: env.NODE_ENV === "production",
    host: env.HOST,
    port: env.PORT,
    platform: platformOf(env),
    database: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    ledger: env.LEDGER === "on",
    ledgerRetentionDays: env.LEDGER_RETENTION_DAYS ?? null,
    jwtRules: jwtRulesOf(env),
    trustsProxy: env.TRUST_PROXY ?? null,
    tokensPerMinute: env.TOKENS_PER_MINUTE ?? null,
    inFlight: {
      requests: env.MAX_REQUESTS_PER_CALLER,
      bytes: env.MAX_MEGABYTES_PER_CALLER * MEGABYTE,
      connections: env.MAX_CONNECTIONS_PER_CALLER,
    },
    sessionsPerMinute: env.SESSIONS_PER_MINUTE ?? null,
    corsOrigins: env.CORS_ORIGINS,
    trustedDocuments: trustedDocumentsOf(env),
    console: consoleOf(env),
    metrics: env.METRICS_PORT === undefined ? null : { host: env.METRICS_HOST, port: env.METRICS_PORT },
    tracing: tracingOf(set),
    federation: env.FEDERATION === "on",
    usageReporting: usageReportingOf(env),
    shutdownDelay: env.SHUTDOWN_DELAY_MS,
    logLevel: env.LOG_LEVEL,
    audit: auditOf(env),
  });
}

/**
 * The address of the database alone, for a command that needs nothing else.
 *
 * @throws {StartupError} when it is none, or of a database that would be gone after the command
 */
export function parseDatabaseAddress(environment: NodeJS.Dict<string>): DatabaseAddress {
  const set = withSecretFiles(withoutEmpty(environment), ["DATABASE_URL"]);
  const { DATABASE_URL } = cleaned(set, { DATABASE_URL: VARIABLES.DATABASE_URL });
  return keptDatabase(DATABASE_URL);
}

/**
 * Where the audit trail goes alone, likewise.
 *
 * @throws {StartupError} when it cannot be kept as configured
 */
export function parseAudit(environment: NodeJS.Dict<string>): AuditConfig | null {
  const set = withoutEmpty(environment);
  const { AUDIT_LOG, AUDIT_REQUIRED } = VARIABLES;
  return auditOf(cleaned(set, { AUDIT_LOG, AUDIT_REQUIRED }, auditProblems(set)));
}

/** @throws {StartupError} when the database would be gone after a command */
export function keptDatabase(address: DatabaseAddress): DatabaseAddress {
  if (address.engine === "sqlite" && address.file === null) {
    throw new StartupError(["DATABASE_URL: must be of a database that is kept; :memory: is not"]);
  }
  return address;
}

/** The variables' values, unless there are problems, with these or with one of them. */
function cleaned<V extends Partial<typeof VARIABLES>>(
  set: NodeJS.Dict<string>,
  variables: V,
  problems: readonly string[] = [],
): CleanedEnv<V> {
  const found = [...problems];
  const env = cleanEnv(set, variables, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) found.push(`${name}: ${error?.message}`);
    },
  });
  if (found.length > 0) throw new StartupError(found);
  return env;
}

/** Tools that pass variables on also pass those that are not set, as empty. */
function withoutEmpty(environment: NodeJS.Dict<string>): NodeJS.Dict<string> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
}

const MEGABYTE = 1024 * 1024;

const optional = { default: undefined };

/** Every variable, with what it may be and its default. */
const VARIABLES = {
  NODE_ENV: variable((value) => value)({ default: "development" }),
  HOST: variable(host)({ default: "127.0.0.1" }),
  PORT: variable(wholeNumber(0, 65_535))({ default: 4000 }),
  PLATFORM: variable(oneOf("local", "opentok", "vonage"))(optional),
  OPENTOK_API_KEY: variable(apiKey)(optional),
  OPENTOK_API_SECRET: variable(apiSecret)(optional),
  OPENTOK_API_SECRET_PREVIOUS: variable(apiSecret)(optional),
  OPENTOK_API_URL: variable(apiUrl)({ default: "https://api.opentok.com" }),
  VONAGE_APPLICATION_ID: variable(applicationId)(optional),
  VONAGE_PRIVATE_KEY: variable(privateKey)(optional),
  VONAGE_PRIVATE_KEY_PREVIOUS: variable(previousKey)(optional),
  VONAGE_API_URL: variable(apiUrl)({ default: "https://video.api.vonage.com" }),
  PLATFORM_TIMEOUT_MS: variable(wholeNumber(100, 60_000))({ default: 5000 }),
  DATABASE_URL: variable(parseDatabaseUrl)({ default: parseDatabaseUrl("file:./data/stagepass.db") }),
  DATABASE_POOL_SIZE: variable(wholeNumber(1, 1000))({ default: 10 }),
  LEDGER: variable(oneOf("on", "off"))({ default: "on" }),
  LEDGER_RETENTION_DAYS: variable(wholeNumber(1, 36_500))(optional),
  AUTH_JWT_SECRET: variable(jwtSecret)(optional),
  AUTH_JWKS_URI: variable(safeUrl)(optional),
  AUTH_JWT_ISSUER: variable(presentText)(optional),
  AUTH_JWT_AUDIENCE: variable(presentText)(optional),
  TRUST_PROXY: variable(trustedProxies)(optional),
  TOKENS_PER_MINUTE: variable(wholeNumber(1, 999_999_999))(optional),
  MAX_REQUESTS_PER_CALLER: variable(wholeNumber(1, 100_000))({ default: 200 }),
  MAX_MEGABYTES_PER_CALLER: variable(wholeNumber(5, 1024))({ default: 16 }),
  MAX_CONNECTIONS_PER_CALLER: variable(wholeNumber(1, 100_000))({ default: 250 }),
  SESSIONS_PER_MINUTE: variable(wholeNumber(1, 999_999_999))(optional),
  CORS_ORIGINS: variable(corsOrigins)({ default: [] }),
  TRUSTED_DOCUMENTS: variable(oneOf("off", "log", "enforce"))({ default: "off" }),
  TRUSTED_DOCUMENTS_MANIFEST: variable(documentManifest)(optional),
  CONSOLE: variable(oneOf("on", "off"))(optional),
  METRICS_HOST: variable(host)({ default: "127.0.0.1" }),
  METRICS_PORT: variable(wholeNumber(0, 65_535))(optional),
  FEDERATION: variable(oneOf("on", "off"))({ default: "off" }),
  APOLLO_KEY: variable(apolloKey)(optional),
  APOLLO_GRAPH_REF: variable(graphRef)(optional),
  APOLLO_USAGE_REPORTING_INGRESS_URL: variable(ingressUrl)({
    default: "https://usage-reporting.api.apollographql.com",
  }),
  SHUTDOWN_DELAY_MS: variable(wholeNumber(0, 60_000))({ default: 0 }),
  LOG_LEVEL: variable(oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"))({
    default: "info",
  }),
  AUDIT_LOG: variable(presentText)(optional),
  AUDIT_REQUIRED: variable(oneOf("on", "off"))({ default: "off" }),
};

/** A variable whose `parse` throws the rule that its value breaks. */
function variable<T>(parse: (value: string) => T) {
  return makeExactValidator<T>((value) => parse(value));
}

/** Credentials are whole or absent, and one environment's unless `PLATFORM` says which to use. */
function credentialProblems(set: NodeJS.Dict<string>): string[] {
  const missing = new Map<string, string>();
  const need = (name: string, because: string) => {
    if (set[name] === undefined && !missing.has(name)) missing.set(name, because);
  };
  for (const { id, key } of Object.values(CREDENTIAL_NAMES)) {
    if (set[key] !== undefined) need(id, key);
    if (set[id] !== undefined) need(key, id);
    if (set[`${key}_PREVIOUS`] !== undefined) need(key, `${key}_PREVIOUS`);
  }
  if (set.PLATFORM === "opentok" || set.PLATFORM === "vonage") {
    const { id, key } = CREDENTIAL_NAMES[set.PLATFORM];
    for (const name of [id, key]) need(name, `PLATFORM=${set.PLATFORM}`);
  }
  const problems = [...missing].map(([name, because]) => `${name}: must be set, as ${because} is`);
  if (!set.PLATFORM && Object.values(CREDENTIAL_NAMES).every(({ id }) => set[id] !== undefined)) {
    problems.push("PLATFORM: must be set to opentok or vonage, as there are credentials of both");
  }
  return problems;
}

/** What is wrong where callers' JWTs are signed with a secret of the project's: a connection token would be one, too. */
export const SAME_SECRET = "AUTH_JWT_SECRET: must be another secret than the OpenTok project's";

/** Rules between the variables of who may call, and with what. */
function accessProblems(set: NodeJS.Dict<string>): string[] {
  const problems: string[] = [];
  const verified = set.AUTH_JWT_SECRET !== undefined || set.AUTH_JWKS_URI !== undefined;
  for (const name of ["AUTH_JWT_ISSUER", "AUTH_JWT_AUDIENCE"]) {
    if (set[name] === undefined || verified) continue;
    problems.push(`${name}: needs AUTH_JWT_SECRET or AUTH_JWKS_URI, to verify who says so`);
  }
  const secrets = [set.OPENTOK_API_SECRET, set.OPENTOK_API_SECRET_PREVIOUS];
  if (set.AUTH_JWT_SECRET !== undefined && secrets.includes(set.AUTH_JWT_SECRET)) {
    problems.push(SAME_SECRET);
  }
  const trusts = set.TRUSTED_DOCUMENTS === "log" || set.TRUSTED_DOCUMENTS === "enforce";
  if (trusts && set.TRUSTED_DOCUMENTS_MANIFEST === undefined) {
    problems.push(`TRUSTED_DOCUMENTS_MANIFEST: must be set, as TRUSTED_DOCUMENTS=${set.TRUSTED_DOCUMENTS}`);
  }
  return problems;
}

/** A project of the server's own making is kept on its machine, and the other servers would not know it. */
function sharingProblems(set: NodeJS.Dict<string>): string[] {
  const shared = /^postgres(ql)?:/.test(set.DATABASE_URL ?? "");
  const local =
    set.PLATFORM === "local" || (!set.PLATFORM && !set.OPENTOK_API_KEY && !set.VONAGE_APPLICATION_ID);
  if (!shared || !local || set.OPENTOK_API_KEY !== undefined) return [];
  return [
    "OPENTOK_API_KEY: must be set, with OPENTOK_API_SECRET and PLATFORM=local, as DATABASE_URL is PostgreSQL: all servers need the same project; make up a number, and a secret with openssl rand -hex 20",
  ];
}

function auditProblems(set: NodeJS.Dict<string>): string[] {
  if (set.AUDIT_REQUIRED !== "on" || set.AUDIT_LOG !== undefined) return [];
  return ["AUDIT_LOG: must be set, as AUDIT_REQUIRED=on"];
}

function auditOf(
  env: Pick<CleanedEnv<typeof VARIABLES>, "AUDIT_LOG" | "AUDIT_REQUIRED">,
): AuditConfig | null {
  if (env.AUDIT_LOG === undefined) return null;
  return { path: env.AUDIT_LOG, required: env.AUDIT_REQUIRED === "on" };
}

/** Rules between the variables of Apollo's graphs. */
function graphProblems(set: NodeJS.Dict<string>): string[] {
  const names = ["APOLLO_KEY", "APOLLO_GRAPH_REF"];
  const because = [...names, "APOLLO_USAGE_REPORTING_INGRESS_URL"].find((name) => set[name] !== undefined);
  const missing = because === undefined ? [] : names.filter((name) => set[name] === undefined);
  const problems = missing.map((name) => `${name}: must be set, as ${because} is`);
  if (set.FEDERATION === "on" && set.TRUSTED_DOCUMENTS === "enforce") {
    problems.push(
      "FEDERATION: cannot be on with TRUSTED_DOCUMENTS=enforce: what a router asks is in no manifest; have the router enforce it",
    );
  }
  return problems;
}

function usageReportingOf(env: CleanedEnv<typeof VARIABLES>): UsageReportingConfig | null {
  const { APOLLO_KEY, APOLLO_GRAPH_REF, APOLLO_USAGE_REPORTING_INGRESS_URL } = env;
  if (APOLLO_KEY === undefined || APOLLO_GRAPH_REF === undefined) return null;
  return {
    apolloKey: APOLLO_KEY,
    graphRef: APOLLO_GRAPH_REF,
    endpoint: APOLLO_USAGE_REPORTING_INGRESS_URL,
  };
}

function jwtRulesOf(env: CleanedEnv<typeof VARIABLES>): JwtRules | null {
  const secret = env.AUTH_JWT_SECRET ?? null;
  const jwksUri = env.AUTH_JWKS_URI ?? null;
  if (secret === null && jwksUri === null) return null;
  return { secret, jwksUri, issuer: env.AUTH_JWT_ISSUER ?? null, audience: env.AUTH_JWT_AUDIENCE ?? null };
}

function trustedDocumentsOf(env: CleanedEnv<typeof VARIABLES>): TrustedDocumentsConfig | null {
  const manifest = env.TRUSTED_DOCUMENTS_MANIFEST;
  if (env.TRUSTED_DOCUMENTS === "off" || manifest === undefined) return null;
  return { enforce: env.TRUSTED_DOCUMENTS === "enforce", manifest };
}

/** It is for development, and where only some documents are trusted its own are trusted when somebody says so. */
function consoleOf({ CONSOLE, NODE_ENV, TRUSTED_DOCUMENTS }: CleanedEnv<typeof VARIABLES>): boolean {
  const byDefault = NODE_ENV !== "production" && TRUSTED_DOCUMENTS !== "enforce";
  return CONSOLE === undefined ? byDefault : CONSOLE === "on";
}

/** A secret that is cut off, such as an editor leaves for a moment while it writes the file that a SIGHUP then reads. */
function cutOffProblems(set: NodeJS.Dict<string>): string[] {
  if (set.PLATFORM === "local") return [];
  return ["OPENTOK_API_SECRET", "OPENTOK_API_SECRET_PREVIOUS"]
    .filter((name) => /^[0-9a-f]{32,}$/.test(set[name] ?? "") && set[name]?.length !== 40)
    .map((name) => `${name}: is cut off; the platform's secrets have 40 hexadecimal characters`);
}

function platformOf(env: CleanedEnv<typeof VARIABLES>): PlatformConfig {
  const { OPENTOK_API_KEY: apiKey, VONAGE_APPLICATION_ID: applicationId, PLATFORM_TIMEOUT_MS: timeout } = env;
  const name = env.PLATFORM ?? (apiKey ? "opentok" : applicationId ? "vonage" : "local");
  if (name === "vonage" && applicationId && env.VONAGE_PRIVATE_KEY) {
    const keyRing = vonageKeyRing(applicationId, env.VONAGE_PRIVATE_KEY, env.VONAGE_PRIVATE_KEY_PREVIOUS);
    return { name, keyRing, url: env.VONAGE_API_URL, timeout };
  }
  const keyRing =
    apiKey && env.OPENTOK_API_SECRET
      ? openTokKeyRing(apiKey, env.OPENTOK_API_SECRET, env.OPENTOK_API_SECRET_PREVIOUS)
      : null;
  if (name === "opentok" && keyRing) return { name, keyRing, url: env.OPENTOK_API_URL, timeout };
  return { name: "local", keyRing };
}
