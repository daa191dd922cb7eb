/** An environment variable: the source of `docs/configuration.md`, of `.env.example`, and of the known names. */
export interface Variable {
  /** The value if the variable is not set. */
  readonly default?: string;
  /** What happens if it is not set and has no single default value, in Markdown. */
  readonly otherwise?: string;
  /** Its purpose, with the unit and the range, in Markdown. */
  readonly meaning: string;
  /** A value for `.env.example` if there is no default. */
  readonly example?: string;
  /** Whether its value is never shown, and can be in the file that `<NAME>_FILE` names. */
  readonly secret?: true;
  /** Whether it may begin or end with white space, as PEM text does. */
  readonly pem?: true;
  /** Whether other programs also read it, under this name, in lower case, or with a similar name. */
  readonly foreign?: true;
}

export const VARIABLES = {
  PORT: { default: "4000", meaning: "The port to listen on, from 0 to 65535. 0 lets the system choose." },
  HOST: {
    default: "127.0.0.1",
    meaning: "The address to listen on. Without authentication, it must be a loopback address.",
  },
  PLATFORM: {
    otherwise: "from the credentials, otherwise `local`",
    meaning:
      "The [platform](platforms.md) that creates sessions: `opentok`, `vonage`, or the built-in `local`.",
    example: "opentok",
  },
  OPENTOK_API_KEY: {
    otherwise: "`local` on SQLite generates one beside the database",
    meaning: "The API key of the OpenTok project, 5 to 20 digits.",
    example: "47012345",
  },
  OPENTOK_API_SECRET: { meaning: "The secret of the OpenTok project.", example: "", secret: true },
  OPENTOK_API_SECRET_PREVIOUS: {
    meaning: "The old secret during a [rotation](platforms.md#rotate-a-key), only to verify tokens.",
    example: "",
    secret: true,
  },
  OPENTOK_API_URL: { default: "https://api.opentok.com", meaning: "The URL of the OpenTok API." },
  VONAGE_APPLICATION_ID: {
    meaning: "The ID of the Vonage application, a UUID.",
    example: "29f760f8-7ce1-46c9-ade3-f2dedee4ed5f",
  },
  VONAGE_PRIVATE_KEY: {
    meaning:
      "The application's RSA [private key](platforms.md#the-private-key), at least 2048 bits: PEM text in PKCS#1 or PKCS#8, or the path of its file.",
    example: "./private.key",
    secret: true,
    pem: true,
  },
  VONAGE_PRIVATE_KEY_PREVIOUS: {
    meaning: "The old key, private or public, during a rotation, only to verify tokens.",
    example: "./previous.key",
    secret: true,
    pem: true,
  },
  VONAGE_API_URL: { default: "https://video.api.vonage.com", meaning: "The URL of the Vonage Video API." },
  PLATFORM_TIMEOUT_MS: {
    default: "5000",
    meaning: "The deadline of one call to the platform, in milliseconds, from 100 to 60000.",
  },
  WEBHOOK_SECRET: {
    otherwise: "no events; `local` makes one at start",
    meaning:
      "The secret that signs the platform's session monitoring events, from 1 to 50 characters. `openssl rand -hex 24` makes one.",
    example: "",
    secret: true,
  },
  WEBHOOK_SECRET_PREVIOUS: {
    meaning: "The old secret during a rotation, which still verifies events.",
    example: "",
    secret: true,
  },
  LOCAL_WEBHOOK_URL: {
    otherwise: "this server",
    meaning: "The URL that receives the events of the `local` platform. It needs `WEBHOOK_SECRET`.",
    example: "http://127.0.0.1:3000/webhooks/session-monitoring",
  },
  DATABASE_URL: {
    default: "file:./data/stagepass.db",
    meaning:
      "SQLite: `file:` and a path, or `:memory:`. PostgreSQL: `postgres://user:password@host:5432/stagepass`, with [several hosts](database.md#failover) if needed.",
    secret: true,
  },
  DATABASE_POOL_SIZE: {
    default: "10",
    meaning: "The largest number of PostgreSQL connections, from 1 to 1000.",
  },
  LEDGER: {
    default: "on",
    meaning: "`off` issues tokens without records, for measurements or if you keep your own.",
  },
  LEDGER_RETENTION_DAYS: {
    otherwise: "no limit",
    meaning: "How long records are kept, in days, from 1 to 36500.",
    example: "90",
  },
  AUTH_JWT_SECRET: {
    meaning: "The HS256 secret of callers' JWTs, at least 32 bytes. `openssl rand -base64 32` makes one.",
    example: "",
    secret: true,
  },
  AUTH_JWT_SECRET_PREVIOUS: {
    meaning: "The old secret during a rotation, which still verifies JWTs.",
    example: "",
    secret: true,
  },
  AUTH_JWKS_URI: {
    meaning: "The URL of the JSON Web Key Set that verifies JWTs, with or without `AUTH_JWT_SECRET`.",
    example: "https://example.eu.auth0.com/.well-known/jwks.json",
  },
  AUTH_JWKS_INSECURE: {
    default: "off",
    meaning: "`on` allows an `http:` URL in `AUTH_JWKS_URI`, for a private network.",
  },
  AUTH_JWT_ISSUER: {
    meaning: "The accepted `iss` of JWTs, comma-separated.",
    example: "https://example.eu.auth0.com/",
  },
  AUTH_JWT_AUDIENCE: {
    meaning: "The accepted `aud` of JWTs, comma-separated. One match is enough.",
    example: "stagepass",
  },
  AUTH_JWT_CLIENT_ID: {
    meaning: "The accepted `client_id` of JWTs, or `azp` if there is no `client_id`; comma-separated.",
    example: "3n4b5urk1ft4fl3mg5e62d9ado",
  },
  AUTH_SCOPE_CLAIM: {
    default: "scope,scp,permissions",
    meaning: "The claims with scopes, or dotted paths to them, comma-separated. Their scopes are combined.",
  },
  AUTH_SCOPE_PREFIX: {
    meaning: "The prefix to remove from scope names in JWTs. Scopes without it are ignored.",
    example: "stagepass/",
  },
  AUTH_GRANT_CLAIM: {
    default: "video_grant",
    meaning: "The claim with the grant, or a dotted path to it.",
  },
  TOKENS_PER_MINUTE: {
    otherwise: "`6000`; without authentication, no limit",
    meaning: "The limit of tokens per minute for each caller. They may come all at once.",
    example: "6000",
  },
  SESSIONS_PER_MINUTE: {
    otherwise: "`600`; without authentication, no limit",
    meaning: "The limit of sessions per minute for each caller.",
    example: "600",
  },
  ACTIONS_PER_MINUTE: {
    otherwise: "`600`; without authentication, no limit",
    meaning: "The limit of acts on participants, tokens and bans per minute for each caller.",
    example: "600",
  },
  MAX_REQUESTS_PER_CALLER: {
    default: "200",
    meaning: "The limit of requests [in flight](limits.md#in-flight) for each caller, from 1 to 100000.",
  },
  MAX_MEGABYTES_PER_CALLER: {
    default: "16",
    meaning: "The limit of megabytes of bodies and answers in flight for each caller, from 5 to 1024.",
  },
  MAX_CONNECTIONS_PER_CALLER: {
    default: "250",
    meaning: "The limit of connections for each caller, from 1 to 100000.",
  },
  TRUST_PROXY: {
    otherwise: "none",
    meaning:
      "The [proxies](operations.md#behind-a-load-balancer) whose `X-Forwarded-For` is trusted, comma-separated: IP addresses, ranges such as `10.0.0.0/8`, `loopback`, `linklocal` or `uniquelocal`.",
    example: "loopback",
  },
  CORS_ORIGINS: {
    otherwise: "none",
    meaning:
      "The [origins](access.md#other-origins-cors) whose pages may call from a browser, comma-separated, such as `https://*.example.com`.",
    example: "https://app.example.com",
  },
  HTTPS_PROXY: {
    otherwise: "none",
    meaning: "The [proxy](operations.md#through-an-outgoing-proxy) for calls to other machines.",
    example: "http://proxy.example.com:3128",
    secret: true,
    foreign: true,
  },
  HTTP_PROXY: {
    otherwise: "none",
    meaning: "The proxy if `HTTPS_PROXY` is not set.",
    example: "http://proxy.example.com:3128",
    secret: true,
    foreign: true,
  },
  NO_PROXY: {
    otherwise: "none",
    meaning: "The hosts to call without the proxy, comma-separated.",
    example: "idp.internal,.example.com",
    foreign: true,
  },
  TRUSTED_DOCUMENTS: {
    default: "off",
    meaning:
      "`enforce` executes only the [documents of a manifest](access.md#trusted-documents). `log` executes every document and logs those outside the manifest.",
  },
  TRUSTED_DOCUMENTS_MANIFEST: {
    meaning: "The path of the manifest.",
    example: "./persisted-documents.json",
  },
  CONSOLE: {
    otherwise: "`on`; `off` in production and with `TRUSTED_DOCUMENTS=enforce`",
    meaning: "`on` serves the [console](console.md) at `/`.",
    example: "off",
  },
  FEDERATION: {
    default: "off",
    meaning:
      "`on` serves a [subgraph](federation.md). It conflicts with `TRUSTED_DOCUMENTS=enforce`, because no manifest contains a router's queries.",
  },
  APOLLO_KEY: {
    meaning: "The API key of the Apollo Studio graph that receives usage reports.",
    example: "",
    secret: true,
  },
  APOLLO_GRAPH_REF: { meaning: "The graph and its variant.", example: "my-graph@current" },
  APOLLO_USAGE_REPORTING_INGRESS_URL: {
    default: "https://usage-reporting.api.apollographql.com",
    meaning: "The URL that receives usage reports.",
  },
  METRICS_PORT: {
    otherwise: "no metrics",
    meaning: "The port of Prometheus [metrics](monitoring.md#metrics), at `/metrics`, from 0 to 65535.",
    example: "9464",
  },
  METRICS_HOST: { default: "127.0.0.1", meaning: "The address of the metrics port." },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    otherwise: "no traces",
    meaning: "The URL of the OpenTelemetry collector for [traces](monitoring.md#traces).",
    example: "http://127.0.0.1:4318",
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: { default: "http/protobuf", meaning: "`http/protobuf` or `http/json`." },
  OTEL_EXPORTER_OTLP_HEADERS: {
    meaning: "The headers for the collector, comma-separated, such as `x-key=value`.",
    example: "",
    secret: true,
  },
  OTEL_SDK_DISABLED: {
    default: "false",
    meaning: "`true` turns traces off. Other variables of the OpenTelemetry SDK work, too.",
  },
  AUDIT_LOG: {
    otherwise: "none",
    meaning: "The file of the [audit trail](monitoring.md#the-audit-trail), or `-` for standard output.",
    example: "./audit.jsonl",
  },
  AUDIT_REQUIRED: {
    default: "off",
    meaning: "`on` issues nothing while the audit trail cannot be written.",
  },
  SHUTDOWN_DELAY_MS: {
    default: "0",
    meaning:
      "How long the server [keeps serving](operations.md#stop-a-server) after a stop signal, in milliseconds, from 0 to 60000. Meanwhile `/readyz` answers 503.",
  },
  LOG_LEVEL: {
    default: "info",
    meaning:
      "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. The log is JSON lines on standard error.",
  },
  NODE_ENV: {
    default: "development",
    meaning:
      "`production` requires authentication, and turns off the console, Apollo Sandbox and schema hints in errors. `test` acts as `development`. Set it in `.env`: if it is exported, `npm ci` skips the compiler that `npm start` needs.",
  },
} as const satisfies Readonly<Record<string, Variable>>;

export type VariableName = keyof typeof VARIABLES;

/** The variables with a default value. */
export type DefaultedName = {
  [Name in VariableName]: (typeof VARIABLES)[Name] extends { readonly default: string } ? Name : never;
}[VariableName];

/** The variables that other programs also read. */
type ForeignName = {
  [Name in VariableName]: (typeof VARIABLES)[Name] extends { readonly foreign: true } ? Name : never;
}[VariableName];

/** Their names in lower case, which are as common. */
export type SmallName = Lowercase<ForeignName>;

/** The variable with this name, or undefined. */
export function variable(name: string): Variable | undefined {
  return Object.hasOwn(VARIABLES, name) ? VARIABLES[name as VariableName] : undefined;
}

/** The lower-case names that Stagepass reads. */
export const SMALL_NAMES = Object.keys(VARIABLES)
  .filter((name) => variable(name)?.foreign)
  .map((name) => name.toLowerCase());

/** The variables whose value can be in a file. */
export const SECRET_NAMES = Object.keys(VARIABLES).filter((name) => variable(name)?.secret);
