/** A variable of the environment: the source of `docs/configuration.md` and `.env.example`, and of the names that are known. */
export interface Variable {
  /** The value that counts where it is not set. */
  readonly default?: string;
  /** What happens where it is not set, in words, where no one value says it. */
  readonly otherwise?: string;
  /** What it is for, in Markdown. */
  readonly meaning: string;
  /** A value for `.env.example`, where the default is none. */
  readonly example?: string;
  /** Whether it is never shown. Its value may be in a file, whose path is in `<NAME>_FILE`. */
  readonly secret?: true;
  /** Whether it may begin or end with white space, as the text of a key does. */
  readonly pem?: true;
  /** Whether other programs read it, too, under this name, the same in small letters, or one near it. */
  readonly foreign?: true;
}

export const VARIABLES = {
  PORT: { default: "4000", meaning: "The port to listen on; 0 lets the system choose." },
  HOST: {
    default: "127.0.0.1",
    meaning: "The address to listen on. Without authentication it must be a loopback address.",
  },
  PLATFORM: {
    otherwise: "by the credentials that are set, else `local`",
    meaning: "Where sessions come from: `opentok`, `vonage`, or `local`, the built-in platform.",
    example: "opentok",
  },
  OPENTOK_API_KEY: {
    otherwise: "for `local` on SQLite: generated once, kept beside the database",
    meaning: "The OpenTok project's API key.",
    example: "47012345",
  },
  OPENTOK_API_SECRET: { meaning: "The OpenTok project's secret.", example: "", secret: true },
  OPENTOK_API_SECRET_PREVIOUS: {
    meaning: "A secret that still verifies and no longer signs.",
    example: "",
    secret: true,
  },
  OPENTOK_API_URL: { default: "https://api.opentok.com", meaning: "Where the OpenTok environment is." },
  VONAGE_APPLICATION_ID: {
    meaning: "The Vonage application's ID.",
    example: "29f760f8-7ce1-46c9-ade3-f2dedee4ed5f",
  },
  VONAGE_PRIVATE_KEY: {
    meaning:
      "The Vonage application's [RSA key](platforms.md#the-private-key) of at least 2048 bits: PEM text or a path to it, PKCS#1 or PKCS#8.",
    example: "./private.key",
    secret: true,
    pem: true,
  },
  VONAGE_PRIVATE_KEY_PREVIOUS: {
    meaning: "A key, private or public, that still verifies and no longer signs.",
    example: "./previous.key",
    secret: true,
    pem: true,
  },
  VONAGE_API_URL: { default: "https://video.api.vonage.com", meaning: "Where the Vonage environment is." },
  PLATFORM_TIMEOUT_MS: {
    default: "5000",
    meaning: "The deadline of one call to the platform, from 100 to 60000.",
  },
  DATABASE_URL: {
    default: "file:./data/stagepass.db",
    meaning:
      "SQLite, `file:` and a path, or `:memory:`; or PostgreSQL, `postgres://user:password@host:5432/stagepass`, with [several hosts](operations.md#failover) if you like.",
    secret: true,
  },
  DATABASE_POOL_SIZE: { default: "10", meaning: "The most connections to PostgreSQL." },
  LEDGER: {
    default: "on",
    meaning: "`off` issues tokens without a record, for measurements, or where you keep your own.",
  },
  LEDGER_RETENTION_DAYS: {
    otherwise: "for ever",
    meaning: "How many days a record is kept.",
    example: "90",
  },
  AUTH_JWT_SECRET: {
    meaning:
      "The secret that callers' JWTs are signed with (HS256), at least 32 bytes, and no placeholder: `openssl rand -base64 32`.",
    example: "",
    secret: true,
  },
  AUTH_JWT_SECRET_PREVIOUS: {
    meaning: "A secret that still verifies, while `AUTH_JWT_SECRET` replaces it.",
    example: "",
    secret: true,
  },
  AUTH_JWKS_URI: {
    meaning: "The JSON Web Key Set that they are verified with instead, or as well.",
    example: "https://example.eu.auth0.com/.well-known/jwks.json",
  },
  AUTH_JWKS_INSECURE: {
    default: "off",
    meaning: "`on` lets `AUTH_JWKS_URI` be an `http:` URL, within a private network.",
  },
  AUTH_JWT_ISSUER: {
    meaning: "What their `iss` must be; several with commas between them.",
    example: "https://example.eu.auth0.com/",
  },
  AUTH_JWT_AUDIENCE: {
    meaning: "What their `aud` must be or contain; several with commas between them, of which one is enough.",
    example: "stagepass",
  },
  AUTH_JWT_CLIENT_ID: {
    meaning: "What their `client_id`, or else `azp`, must be; several with commas between them.",
    example: "3n4b5urk1ft4fl3mg5e62d9ado",
  },
  AUTH_SCOPE_CLAIM: {
    default: "scope,scp,permissions",
    meaning: "The claims, or the paths to them, whose scopes count together.",
  },
  AUTH_SCOPE_PREFIX: {
    meaning:
      "What the names of scopes begin with in JWTs, and is cut off. Then a name without it does not count.",
    example: "stagepass/",
  },
  AUTH_GRANT_CLAIM: {
    default: "video_grant",
    meaning: "The claim, or the path to it, that has the grant.",
  },
  TOKENS_PER_MINUTE: {
    otherwise: "`6000`; without authentication, no limit",
    meaning: "How many tokens each caller may ask for in a minute, and so at once.",
    example: "6000",
  },
  SESSIONS_PER_MINUTE: {
    otherwise: "`600`; without authentication, no limit",
    meaning: "How many sessions each caller may ask for in a minute.",
    example: "600",
  },
  MAX_REQUESTS_PER_CALLER: {
    default: "200",
    meaning: "How many requests each caller may have [in flight](limits.md#in-flight).",
  },
  MAX_MEGABYTES_PER_CALLER: {
    default: "16",
    meaning: "How many megabytes of bodies and answers each caller may have in flight.",
  },
  MAX_CONNECTIONS_PER_CALLER: { default: "250", meaning: "How many connections each caller may have." },
  TRUST_PROXY: {
    otherwise: "nobody",
    meaning:
      "The [proxies](operations.md#behind-a-proxy) whose `X-Forwarded-For` is believed: IP addresses, ranges such as `10.0.0.0/8`, or `loopback`, `linklocal` and `uniquelocal`, with commas between them.",
    example: "loopback",
  },
  CORS_ORIGINS: {
    otherwise: "none",
    meaning:
      "The [origins](access.md#pages-of-other-origins) whose pages may call from a browser, with commas between them, such as `https://*.example.com`.",
    example: "https://app.example.com",
  },
  HTTPS_PROXY: {
    otherwise: "none",
    meaning: "The [proxy](operations.md#through-a-proxy) that calls to other machines go through.",
    example: "http://proxy.example.com:3128",
    secret: true,
    foreign: true,
  },
  HTTP_PROXY: {
    otherwise: "none",
    meaning: "The same, where `HTTPS_PROXY` is not set.",
    example: "http://proxy.example.com:3128",
    secret: true,
    foreign: true,
  },
  NO_PROXY: {
    otherwise: "none",
    meaning: "The hosts that are called without the proxy, with commas between them.",
    example: "idp.internal,.example.com",
    foreign: true,
  },
  TRUSTED_DOCUMENTS: {
    default: "off",
    meaning:
      "`enforce` executes only the [documents of a manifest](access.md#only-your-own-documents); `log` executes all, and logs the others.",
  },
  TRUSTED_DOCUMENTS_MANIFEST: {
    meaning: "The path of the manifest.",
    example: "./persisted-documents.json",
  },
  CONSOLE: {
    otherwise: "`on`; `off` in production and with `TRUSTED_DOCUMENTS=enforce`",
    meaning: "Whether the console is served at `/`.",
    example: "off",
  },
  FEDERATION: {
    default: "off",
    meaning:
      "`on` serves a [subgraph](federation.md); not with `TRUSTED_DOCUMENTS=enforce`, for a router asks what no manifest has.",
  },
  APOLLO_KEY: {
    meaning: "The key of the graph in Apollo Studio that usage is reported to.",
    example: "",
    secret: true,
  },
  APOLLO_GRAPH_REF: { meaning: "That graph and its variant.", example: "my-graph@current" },
  APOLLO_USAGE_REPORTING_INGRESS_URL: {
    default: "https://usage-reporting.api.apollographql.com",
    meaning: "Where reports go.",
  },
  METRICS_PORT: {
    otherwise: "no metrics",
    meaning: "Where Prometheus reads [metrics](operations.md#metrics), at `/metrics`.",
    example: "9464",
  },
  METRICS_HOST: { default: "127.0.0.1", meaning: "The address that metrics are served on." },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    otherwise: "no traces",
    meaning: "The OpenTelemetry collector that [traces](operations.md#traces) go to.",
    example: "http://127.0.0.1:4318",
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: { default: "http/protobuf", meaning: "Or `http/json`." },
  OTEL_EXPORTER_OTLP_HEADERS: {
    meaning: "The headers that the collector wants, such as `x-key=value`, with commas between them.",
    example: "",
    secret: true,
  },
  OTEL_SDK_DISABLED: {
    default: "false",
    meaning: "`true` makes no traces. The other variables of OpenTelemetry's SDK work, too.",
  },
  AUDIT_LOG: {
    otherwise: "none",
    meaning: "The file of the [audit trail](operations.md#the-audit-trail), or `-` for standard output.",
    example: "./audit.jsonl",
  },
  AUDIT_REQUIRED: {
    default: "off",
    meaning: "`on` issues nothing while the audit trail cannot be written.",
  },
  SHUTDOWN_DELAY_MS: {
    default: "0",
    meaning:
      "How long the server [goes on serving](operations.md#stopping) after the signal to stop, while `/readyz` is 503, up to 60000.",
  },
  LOG_LEVEL: {
    default: "info",
    meaning: "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. JSON lines on standard error.",
  },
  NODE_ENV: {
    default: "development",
    meaning:
      "`production` turns off the console, Apollo Sandbox and hints about the schema in errors, and needs authentication; `test` is as `development`. Set it in `.env`: exported, it makes `npm ci` leave out the compiler that `npm start` needs.",
  },
} as const satisfies Readonly<Record<string, Variable>>;

export type VariableName = keyof typeof VARIABLES;

/** The variables that always have a value. */
export type DefaultedName = {
  [Name in VariableName]: (typeof VARIABLES)[Name] extends { readonly default: string } ? Name : never;
}[VariableName];

/** The variables of other programs, too. */
type ForeignName = {
  [Name in VariableName]: (typeof VARIABLES)[Name] extends { readonly foreign: true } ? Name : never;
}[VariableName];

/** Their names in small letters, by which they are set as often. */
export type SmallName = Lowercase<ForeignName>;

/** What is said of a variable that has this name, or undefined. */
export function variable(name: string): Variable | undefined {
  return Object.hasOwn(VARIABLES, name) ? VARIABLES[name as VariableName] : undefined;
}

/** Every name in small letters that is read. */
export const SMALL_NAMES = Object.keys(VARIABLES)
  .filter((name) => variable(name)?.foreign)
  .map((name) => name.toLowerCase());

/** The variables whose value may be in a file. */
export const SECRET_NAMES = Object.keys(VARIABLES).filter((name) => variable(name)?.secret);
